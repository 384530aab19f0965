/** Light, dark or as the system is: remembered in this browser, applied before the first paint. */

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'evenkeel-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** What the operator chose. */
export function theme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const watchers = new Set<() => void>();

/** Calls `watcher` when another theme is chosen. Returns what ends it. */
export function onTheme(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Chooses, and applies it. */
export function setTheme(next: Theme): void {
  localStorage.setItem(KEY, next);
  applyTheme();
  for (const watcher of watchers) watcher();
}

/** Whether the page is dark now. */
export const isDark = (): boolean => theme() === 'dark' || (theme() === 'system' && dark.matches);

/** Sets the page's mode; kumo's tokens and the browser's own controls follow it. */
export function applyTheme(): void {
  document.documentElement.dataset.mode = isDark() ? 'dark' : 'light';
}

dark.addEventListener('change', applyTheme);
