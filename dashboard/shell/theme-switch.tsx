/** The theme: a press goes on to the next of system, light and dark. */
import { CircleHalfIcon, MoonIcon, SunIcon } from '@phosphor-icons/react';
import { useSyncExternalStore } from 'react';
import { onTheme, setTheme, type Theme, theme } from './theme.ts';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const SIGN = { system: CircleHalfIcon, light: SunIcon, dark: MoonIcon };

/** Shows the theme in force. */
export function ThemeSwitch() {
  const chosen = useSyncExternalStore(onTheme, theme);
  const Sign = SIGN[chosen];
  const next = () => setTheme(NEXT[chosen]);
  return (
    <button
      type="button"
      onClick={next}
      title={`Theme: ${chosen}`}
      aria-label={`Theme: ${chosen}. Change to ${NEXT[chosen]}`}
      className="inline-flex size-9 items-center justify-center rounded-md text-kumo-subtle hover:bg-kumo-tint"
    >
      <Sign aria-hidden="true" size={18} />
    </button>
  );
}
