/** Slots in hand, or a call to the Pool object for more. No request waits on another's promise. */
import { takesNew } from '../../balance/available.ts';
import type { Env } from '../../env.ts';
import { retryOnce, withDeadline } from '../../lib/calls.ts';
import { ISOLATE_DEADLINE_MS } from '../../lib/timing.ts';
import type { Reason } from '../../protocol/messages.ts';
import { eligibleNow, weightsOf } from '../selection/select-locally.ts';
import { refreshRoutesIfStale } from './isolate.ts';
import { objectOf } from './pool-object.ts';
import type { PoolView } from './pool-view.ts';
import { isWorthTaking, outboxOf, send } from './reports.ts';
import type { Slot, SlotAction } from './slots.ts';

/** Below this, traffic is so low that slots asked for ahead would only expire. */
const WORTH_ASKING_AHEAD = 4;

/** How many slots to ask for now. */
export function wanted(view: PoolView): number {
  view.slots.want = Math.min(view.slots.want, view.config.maxLease);
  return view.slots.want;
}

/**
 * Takes the next slot in hand, or else the next turn of the isolate's own copy of the sequence; asks for more behind the
 * response when few are left. Null: the object has not answered for too long, so the request has to wait.
 */
export function takeSlot(view: PoolView, env: Env, ctx: ExecutionContext, now: number): Slot | null {
  const inHand = slotInHand(view, now);
  const slot = inHand ?? turnAlone(view, now);
  if (slot && !view.rehearses && isTimeToAsk(view, now)) {
    if (view.breaker.isOpen(now)) probeObject(view, env, ctx, now);
    else ctx.waitUntil(askAhead(view, env, ctx));
  }
  return slot;
}

/** The next turn of the isolate's own copy of the sequence; null: it may not go on alone, or no backend may be asked. No I/O. */
function turnAlone(view: PoolView, now: number): Slot | null {
  const { slots, breaker, config } = view;
  if (!slots.hasCopy || !(breaker.isOpen(now) || breaker.wasHeard(now, config.maxStaleMs))) return null;
  const set = eligibleNow(view);
  if (set.mode === 'none') return null;
  const index = slots.takeAlone(weightsOf(view, set.indices), (i) => view.upstreams[i]!.id);
  const reason = set.mode === 'fail-open' ? 'fail-open' : set.tier > 0 ? 'tier' : 'policy';
  return index < 0 ? null : { index, reason };
}

/** The next slot that may be used; null: none. No I/O. */
export function slotInHand(view: PoolView, now: number): Slot | null {
  return view.slots.take(
    now,
    (i, reason) => actionFor(view, i, reason),
    (i) => view.upstreams[i]!.id,
  );
}

/** Whether to fetch the next slots behind this response: a quarter is left and no call for slots is under way. No I/O. */
export function isTimeToAsk(view: PoolView, now: number): boolean {
  const want = wanted(view);
  return want >= WORTH_ASKING_AHEAD && view.slots.left <= want / 4 && !view.isAsking(now);
}

/**
 * The object grants no slots of backends that may not be asked, so such a slot predates the change. That of a backend which
 * takes no new requests goes back. That of one which is out is used up: a backend that returns is not owed its missed turns.
 */
function actionFor(view: PoolView, index: number, reason: Reason): SlotAction {
  if (!takesNew(view.config.backends[index]!)) return 'return';
  if (view.verdict(index) === 'available') return 'use';
  const { mode, indices } = eligibleNow(view);
  // Slots from before all backends were out may all be of the one that went last.
  const fits = mode === 'fail-open' ? reason === 'fail-open' : indices.includes(index);
  return fits ? 'use' : 'pass';
}

async function askAhead(view: PoolView, env: Env, ctx: ExecutionContext): Promise<void> {
  await askForSlots(view, env, ctx);
  await refreshRoutesIfStale(view, env);
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

/** After a pause the expired slots go back with the call that asks for new ones, so that the order goes on. */
const expire = (view: PoolView, now: number) => view.slots.expire(now, (i) => view.upstreams[i]!.id);

/** Asks the Pool object for `want` slots (0: how things stand). Returns whether it answered. */
export async function ask(view: PoolView, env: Env, want: number): Promise<boolean> {
  expire(view, Date.now());
  const call = view.rehearses ? 'rehearse' : 'lease';
  const isOnly = !view.isAsking(Date.now());
  // Taken by the first try: it may have been carried out though its reply was lost, and a slot or a charge may get lost,
  // but not count twice.
  const request = () => ({
    want,
    revision: view.revision,
    returned: isOnly ? view.slots.takeReturned() : [],
    charged: view.slots.takeCharged(),
    // Turns taken while slots are on their way may be the very turns that these slots stand for.
    tookAlone: isOnly ? view.slots.takeTurnsAlone() : [],
  });
  const answer = withDeadline(
    () => retryOnce(() => objectOf(view, env)[call](request())),
    ISOLATE_DEADLINE_MS,
  );
  if (isOnly) view.askingSince = Date.now();
  const reply = await answer;
  if (isOnly) view.askingSince = 0;
  const now = Date.now();
  if (reply) view.applyLease(reply, now);
  else view.breaker.onFailure(now);
  return reply !== null;
}

/**
 * Refreshes the pool's state when its object has not answered for a second; behind the response unless it is longer than
 * `maxStaleMs`.
 */
export async function refreshPoolState(view: PoolView, env: Env, ctx: ExecutionContext): Promise<void> {
  const now = Date.now();
  if (view.breaker.isFresh(now)) return;
  if (view.breaker.isOpen(now) || view.breaker.wasHeard(now, view.config.maxStaleMs))
    probeObject(view, env, ctx, now);
  else await ask(view, env, 0);
}

/** Refreshes the pool's state behind the response, a few times a second at most. */
export function probeObject(view: PoolView, env: Env, ctx: ExecutionContext, now: number): void {
  if (!view.rehearses && view.breaker.allowProbe(now)) ctx.waitUntil(ask(view, env, 0));
}
