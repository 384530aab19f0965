/** React's way to the live connection: its state, and clocks that stand still when the figures do. */
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import { clock } from './clock.ts';
import type { Connection, LiveConnection } from './connection.ts';

/** The connection of the signed-in dashboard. */
export const LiveContext = createContext<LiveConnection | null>(null);

const NONE: Connection = { phase: 'connecting', heardAt: 0 };
const never = () => () => undefined;

/** Nothing heard for this long: the figures are old, and the page says so. */
const STALE_MS = 5_000;

/** How the figures come just now. */
export function useConnection(): Connection {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live?.subscribe ?? never, live?.snapshot ?? (() => NONE));
}

/** The time (epoch ms), anew every second; the same for all who ask, so that they are drawn in one go. */
export const useNow = (): number => useSyncExternalStore(clock.subscribe, clock.snapshot);

/** What `of` makes of the time; who asks is drawn anew only when that changes, not with every second. */
export const useTicking = <T extends string | number | boolean | null>(of: (now: number) => T): T =>
  useSyncExternalStore(clock.subscribe, () => of(clock.snapshot()));

/** Since when the figures on the page are old (epoch ms); null while they are of now. */
export function useStaleSince(): number | null {
  const live = useContext(LiveContext);
  const subscribe = useCallback(
    (watcher: () => void) => {
      const ends = [clock.subscribe(watcher), live?.subscribe(watcher)];
      return () => {
        for (const end of ends) end?.();
      };
    },
    [live],
  );
  return useSyncExternalStore(subscribe, () => {
    const heardAt = live?.snapshot().heardAt ?? 0;
    return heardAt > 0 && clock.snapshot() - heardAt > STALE_MS ? heardAt : null;
  });
}

/** As `useTicking`, by a clock that stands still while the figures are old. */
export function useFigure<T extends string | number | boolean | null>(of: (now: number) => T): T {
  const staleSince = useStaleSince();
  return useTicking((now) => of(staleSince ?? now));
}
