/** Light, dark or the system's theme: remembered in this browser, applied before the first paint. */
import { Store } from '@tanstack/react-store';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'evenkeel-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

const stored = localStorage.getItem(KEY);

/** The operator's choice. */
export const theme = new Store<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');

/** Remembers a choice and applies it. */
export function setTheme(next: Theme): void {
  localStorage.setItem(KEY, next);
  theme.setState(() => next);
  applyTheme();
}

/** Whether the page is dark at the moment. */
const isDark = (): boolean => theme.get() === 'dark' || (theme.get() === 'system' && dark.matches);

/** Sets the page's mode; kumo's tokens and the browser's controls follow it. */
export function applyTheme(): void {
  document.documentElement.dataset.mode = isDark() ? 'dark' : 'light';
}

dark.addEventListener('change', applyTheme);
