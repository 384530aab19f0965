/** Which request tries a backend whose ejection is over. */
import { takesNew } from '../../balance/available.ts';
import type { Reason } from '../../protocol/messages.ts';
import type { PoolView } from '../pool-client/pool-view.ts';

/** A probe goes to the first request that may be repeated; to any, when this many came that may not. */
const PROBE_SKIPS = 3;

/** Gives the request to a backend whose ejection is over, when there is one and the request may carry the risk. */
export function probeInstead(view: PoolView, repeatable: boolean): Choice | null {
  if (!view.probe && view.contact.isLost) {
    const due = view.takeDueProbe(Date.now());
    if (due >= 0) view.probe = { id: view.upstreams[due]!.id, skipped: 0 };
  }
  const { probe } = view;
  if (!probe) return null;
  if (!repeatable && probe.skipped < PROBE_SKIPS) {
    probe.skipped++;
    return null;
  }
  view.probe = null;
  const index = view.upstreams.findIndex(({ id }) => id === probe.id);
  const isDue =
    index >= 0 && takesNew(view.config.backends[index]!) && view.healths[index]!.ejectedUntil !== 0;
  return isDue ? { index, reason: 'probe' } : null;
}

/** A backend by its place in the list as it is now, and why it. */
export interface Choice {
  readonly index: number;
  readonly reason: Reason;
}
