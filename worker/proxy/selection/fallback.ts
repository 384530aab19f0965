/** The pool that stands in for another. */
import { fallbackOf } from '../../config/check.ts';
import type { PoolConfig } from '../../config/schema.ts';
import type { Env } from '../../env.ts';
import type { Exchange } from '../exchange.ts';
import { viewOf } from '../pool-client/isolate.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { firstPick } from './candidates.ts';
import type { Choice } from './pick.ts';

/** A pool, and the backend to ask there; nobody when `pick` is null. */
export interface Found {
  readonly view: PoolView;
  readonly pick: Choice | null;
}

/** Whether there may be somebody else to try: in the pool, or in the one that takes over. */
export const hasOthers = (config: PoolConfig): boolean =>
  config.backends.length > 1 || fallbackOf(config) !== null;

/** The pool that takes over when nobody of this one may be asked, and its first pick; a chain of pools ends with `null`. */
export async function fallback(
  exchange: Exchange,
  from: PoolView,
  env: Env,
  ctx: ExecutionContext,
  find = viewOf,
): Promise<Found> {
  let view = from;
  for (let id = fallbackOf(view.config); id; id = fallbackOf(view.config)) {
    const other = find(id);
    if (!other) break;
    view = other;
    const pick = await firstPick(exchange, view, env, ctx);
    if (pick) return { view, pick: { ...pick, reason: 'fallback' } };
  }
  return { view, pick: null };
}
