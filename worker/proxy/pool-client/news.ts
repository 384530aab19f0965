/** Hearing of a pool before one picks: asked once a second at most, and never waited for while its object is away. */
import type { Env } from '../../env.ts';
import { ask } from './lease.ts';
import type { PoolView } from './pool-view.ts';

/** Asks how the pool stands when nothing has been heard of it for a second; behind the response if its object is away. */
export async function hearNews(view: PoolView, env: Env, ctx: ExecutionContext): Promise<void> {
  const now = Date.now();
  if (view.contact.isFresh(now)) return;
  if (view.contact.isAway(now)) knock(view, env, ctx, now);
  else await ask(view, env, 0);
}

/** Asks behind the response if an object that was away is back; not with every request. */
export function knock(view: PoolView, env: Env, ctx: ExecutionContext, now: number): void {
  if (view.contact.mayKnock(now)) ctx.waitUntil(ask(view, env, 0));
}
