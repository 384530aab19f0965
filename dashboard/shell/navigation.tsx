/** The navigation: pages, every pool with its health, theme and sign-out. */

import {
  BellIcon,
  ClockCounterClockwiseIcon,
  FirstAidIcon,
  GearIcon,
  type Icon as IconType,
  ListMagnifyingGlassIcon,
  PlusIcon,
  SignOutIcon,
  SignpostIcon,
  SquaresFourIcon,
} from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { configQuery } from '../api/config.ts';
import { useMayChange } from '../changes/may-change.ts';
import { HealthDot } from '../components/state.tsx';
import { useHealths } from '../live/use-live.ts';
import { isProblem } from '../model/health.ts';
import { PaletteButton } from './palette.tsx';
import { SessionNote } from './session-note.tsx';
import { useSignOut } from './sign-out.ts';
import { ThemeSwitch } from './theme-switch.tsx';

const ITEM =
  'flex min-h-9 items-center gap-2 rounded-md px-3 text-kumo-default hover:bg-kumo-tint aria-[current=page]:bg-kumo-tint aria-[current=page]:font-medium';

const PAGES: readonly { readonly to: LinkProps['to']; readonly name: string; readonly icon: IconType }[] = [
  { to: '/', name: 'Overview', icon: SquaresFourIcon },
  { to: '/incidents', name: 'Incidents', icon: FirstAidIcon },
  { to: '/requests', name: 'Requests', icon: ListMagnifyingGlassIcon },
  { to: '/routes', name: 'Routes', icon: SignpostIcon },
  { to: '/history', name: 'History', icon: ClockCounterClockwiseIcon },
  { to: '/alerts', name: 'Alerts', icon: BellIcon },
  { to: '/settings', name: 'Settings', icon: GearIcon },
];

/** The navigation, in the sidebar and in the menu of small screens. */
export function Navigation() {
  const may = useMayChange();
  return (
    <nav aria-label="Pages" className="flex min-h-0 flex-1 flex-col gap-1 p-2">
      <PaletteButton />
      {PAGES.map(({ to, name, icon: Icon }) => (
        <Link key={name} to={to} className={ITEM} activeOptions={{ exact: true, includeSearch: false }}>
          <Icon aria-hidden="true" size={18} />
          {name}
        </Link>
      ))}
      <div className="flex items-center justify-between pt-4 pr-1 pb-1 pl-3">
        <h2 className="text-xs font-medium text-kumo-subtle">Pools</h2>
        {may && (
          <Link
            to="/"
            search={{ add: 'pool' }}
            aria-label="Add pool"
            title="Add pool"
            className="inline-flex size-6 items-center justify-center rounded-md text-kumo-subtle hover:bg-kumo-tint hover:text-kumo-default"
          >
            <PlusIcon aria-hidden="true" size={14} />
          </Link>
        )}
      </div>
      <Pools />
      <div className="mt-auto">
        <SessionNote />
      </div>
      <div className="flex items-center justify-between gap-2 border-t border-kumo-line px-1 pt-2">
        <ThemeSwitch />
        <SignOut />
      </div>
    </nav>
  );
}

function Pools() {
  const { data } = useQuery(configQuery);
  const health = useHealths();
  const pools = data?.config.pools ?? [];
  const isBad = ({ id }: { readonly id: string }) => isProblem(health[id] ?? 'unknown');
  const sorted = [...pools.filter(isBad), ...pools.filter((pool) => !isBad(pool))];
  return (
    <ul className="relative min-h-0 overflow-y-auto">
      {sorted.map(({ id }) => (
        <li key={id}>
          <Link
            to="/pools/$pool"
            params={{ pool: id }}
            className={ITEM}
            activeOptions={{ includeSearch: false }}
          >
            <HealthDot health={health[id] ?? 'unknown'} />
            <span className="truncate">{id}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function SignOut() {
  const leave = useSignOut();
  return (
    <button type="button" className={`${ITEM} text-kumo-subtle`} onClick={() => leave()}>
      <SignOutIcon aria-hidden="true" size={18} />
      Sign out
    </button>
  );
}
