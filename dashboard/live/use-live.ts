/** React's way to the live connection: its state, and clocks that stand still when the figures do. */
import { createContext, useContext, useSyncExternalStore } from 'react';
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

/** Whether the figures on the page are old, and since when (epoch ms). */
export function useStale(): { readonly stale: boolean; readonly heardAt: number } {
  const { heardAt } = useConnection();
  const now = useNow();
  return { stale: heardAt > 0 && now - heardAt > STALE_MS, heardAt };
}
