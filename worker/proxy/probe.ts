/** Which request tries a backend whose ejection is over. */
import { standing } from '../balance/available.ts';
import type { Pick } from './candidates.ts';
import type { PoolView } from './pool-view.ts';

/** A probe goes to the first request that may be repeated; to any, when this many came that may not. */
const PROBE_SKIPS = 3;

/** Gives the request to a backend whose ejection is over, when there is one and the request may carry the risk. */
export function probeInstead(view: PoolView, repeatable: boolean, pick: Pick): Pick | null {
  const { probe } = view;
  if (!probe) return null;
  if (!repeatable && probe.skipped < PROBE_SKIPS) {
    probe.skipped++;
    return null;
  }
  view.probe = null;
  const index = view.config.backends.findIndex((backend) => backend.id === probe.id);
  const due =
    index >= 0 && standing(view.config.backends[index]!, true) === 'ejected' && view.isEjected(index);
  return due && pick.index !== index ? { index, reason: 'probe' } : null;
}
