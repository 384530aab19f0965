/** The theme button: switches between system, light and dark. */
import { CircleHalfIcon, MoonIcon, SunIcon } from '@phosphor-icons/react';
import { useSelector } from '@tanstack/react-store';
import { setTheme, type Theme, theme } from './theme.ts';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS = { system: CircleHalfIcon, light: SunIcon, dark: MoonIcon };

/** Shows the current theme. */
export function ThemeSwitch() {
  const chosen = useSelector(theme);
  const Icon = ICONS[chosen];
  const next = () => setTheme(NEXT[chosen]);
  return (
    <button
      type="button"
      onClick={next}
      title={`Theme: ${chosen}`}
      aria-label={`Theme: ${chosen}. Change to ${NEXT[chosen]}`}
      className="inline-flex size-9 items-center justify-center rounded-md text-kumo-subtle hover:bg-kumo-tint"
    >
      <Icon aria-hidden="true" size={18} />
    </button>
  );
}
