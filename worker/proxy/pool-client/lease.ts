/** Slots in hand, or a call to the Pool object for more. No request waits on another's promise. */
import { takesNew } from '../../balance/available.ts';
import type { Env } from '../../env.ts';
import { retryOnce, withDeadline } from '../../lib/calls.ts';
import { ASK_AHEAD_MS, ISOLATE_DEADLINE_MS } from '../../lib/timing.ts';
import type { Reason } from '../../protocol/messages.ts';
import { eligibleNow } from '../selection/select-locally.ts';
import { followRoutes } from './isolate.ts';
import { objectOf } from './pool-object.ts';
import type { PoolView } from './pool-view.ts';
import { isWorthTaking, outboxOf, send } from './reports.ts';
import type { Fate, Slot } from './slots.ts';

/** Below this, traffic is so low that slots asked for ahead would only expire. */
const WORTH_ASKING_AHEAD = 4;

/** How many slots to ask for now. */
export function wanted(view: PoolView): number {
  view.slots.want = Math.min(view.slots.want, view.config.maxLease);
  return view.slots.want;
}

/** Takes the next slot in hand, asking ahead when few are left. Null: none in hand. */
export function takeSlot(view: PoolView, env: Env, ctx: ExecutionContext, now: number): Slot | null {
  const slot = slotInHand(view, now);
  if (slot && isTimeToAsk(view, now)) {
    view.askedAheadAt = now;
    ctx.waitUntil(askAhead(view, env, ctx));
  }
  return slot;
}

/** The next slot that may be used; null: none, or nothing has been heard of the pool for too long. No I/O. */
export function slotInHand(view: PoolView, now: number): Slot | null {
  if (!view.contact.isFresh(now) && !view.contact.isAway(now)) return null;
  return view.slots.take(
    now,
    (i, reason) => fateOf(view, i, reason),
    (i) => view.upstreams[i]!.id,
  );
}

/** Whether the next slots should be fetched behind this response: a quarter is left, and nobody has asked yet. No I/O. */
export function isTimeToAsk(view: PoolView, now: number): boolean {
  const want = wanted(view);
  return want >= WORTH_ASKING_AHEAD && view.slots.left <= want / 4 && now - view.askedAheadAt > ASK_AHEAD_MS;
}

/**
 * The object grants no slots of backends that may not be asked, so such a slot predates the change. That of a backend which
 * takes no new requests goes back. That of one which is out is used up: a backend that returns is not owed its missed turns.
 */
function fateOf(view: PoolView, index: number, reason: Reason): Fate {
  if (!takesNew(view.config.backends[index]!)) return 'return';
  if (view.verdict(index) === 'available') return 'use';
  const { mode, indices } = eligibleNow(view);
  // Slots from before all backends were out may all be of the one that went last.
  const fits = mode === 'fail-open' ? reason === 'fail-open' : indices.includes(index);
  return fits ? 'use' : 'pass';
}

async function askAhead(view: PoolView, env: Env, ctx: ExecutionContext): Promise<void> {
  await askForSlots(view, env, ctx);
  view.askedAheadAt = 0;
  await followRoutes(view, env);
}

/** Asks the Pool object for slots; what has come together goes along if it is worth it. Returns whether it answered. */
export async function askForSlots(view: PoolView, env: Env, ctx: ExecutionContext): Promise<boolean> {
  const outbox = outboxOf(view);
  const now = Date.now();
  expire(view, now);
  // What an earlier call did not take would go first, and the slots would wait for it.
  const isAlone = view.rehearses || outbox.waiting.length > 0 || !isWorthTaking(outbox, now);
  if (isAlone) return ask(view, env, wanted(view));
  const sent = send(view, env, ctx, wanted(view));
  // What it takes is of other requests too: it must not be lost with a client that goes away meanwhile.
  ctx.waitUntil(sent);
  const news = await sent;
  return news !== null && ('slots' in news || ask(view, env, wanted(view)));
}

/** After a pause the old slots go back with the very call that asks for new ones, so that the order goes on. */
const expire = (view: PoolView, now: number) => view.slots.expire(now, (i) => view.upstreams[i]!.id);

/** Asks the Pool object for `want` slots (0: how things stand). Returns whether it answered. */
export async function ask(view: PoolView, env: Env, want: number): Promise<boolean> {
  expire(view, Date.now());
  const call = view.rehearses ? 'rehearse' : 'lease';
  // Taken by the first try: it may have been carried out though its reply was lost, and a slot or a charge may get lost,
  // but not count twice.
  const request = () => ({
    want,
    revision: view.revision,
    returned: view.slots.takeReturned(),
    charged: view.slots.takeCharged(),
  });
  const reply = await withDeadline(
    () => retryOnce(() => objectOf(view, env)[call](request())),
    ISOLATE_DEADLINE_MS,
  );
  const now = Date.now();
  if (reply) view.hearLease(reply, now);
  else view.contact.missed(now);
  return reply !== null;
}

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
