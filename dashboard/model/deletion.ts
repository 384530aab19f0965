/** Which change took a pool out of the configuration, as far as the events tell. No I/O. */
import type { HistoryEvent } from '../api/events.ts';
import { type ConfigEvent, touches } from './timeline.ts';

/**
 * The change that deleted a pool that is not there now; null when the events (newest first) do not tell. An event leaves
 * long values out: then it is known only where nothing newer may have touched the pool.
 */
export function deletionOf(pool: string, events: readonly HistoryEvent[]): ConfigEvent | null {
  let isNewest = true;
  for (const event of events) {
    if (event.kind !== 'config' || !touches(pool, event)) continue;
    const { path, from, to } = event;
    const isTold = from !== null || to !== null;
    if (!isTold && isNewest && path === pathOf(pool)) return event;
    if (holds(pool, path, to)) return null;
    if (holds(pool, path, from)) return event;
    isNewest = false;
  }
  return null;
}

const pathOf = (pool: string): string => `pools[${pool}]`;

/** Whether the value at a path has the pool in it. */
function holds(pool: string, path: string, value: unknown): boolean {
  const pools = path === '' ? (value as { pools?: unknown } | null)?.pools : value;
  if (path !== '' && path !== 'pools') return path !== pathOf(pool) || value !== null;
  return Array.isArray(pools) && pools.some((item) => item?.id === pool);
}
