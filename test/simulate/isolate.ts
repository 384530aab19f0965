/** An isolate in the simulation: the product's own view, slots and rules when to ask; only the calls are made up. No I/O. */
import { take } from '../../worker/balance/round-robin.ts';
import type { PoolConfig } from '../../worker/config/schema.ts';
import { BATCH_MS } from '../../worker/lib/timing.ts';
import type { LeaseAsk, LeaseReply } from '../../worker/protocol/messages.ts';
import { isTimeToAsk, slotInHand, wanted } from '../../worker/proxy/pool-client/lease.ts';
import { PoolView } from '../../worker/proxy/pool-client/pool-view.ts';
import { isFull, isWorthTaking } from '../../worker/proxy/pool-client/reports.ts';
import type { EventQueue } from './event-queue.ts';

/** Calls the isolate's object; `then` gets the reply, or null when there was none in time. */
export type Call = (ask: LeaseAsk, at: number, then: (reply: LeaseReply | null, at: number) => void) => void;
/** A request went to a backend, `waitedMs` after it had come. */
export type Note = (isolate: Isolate, index: number, at: number, waitedMs: number) => void;

export class Isolate {
  readonly #events: EventQueue;
  readonly #call: Call;
  readonly #note: Note;
  #view: PoolView;
  #entries = 0;
  #startedAt = 0;
  #sentAt = 0;
  #batch = 0;
  #isTimed = false;

  constructor(events: EventQueue, pool: PoolConfig, revision: number, call: Call, note: Note) {
    this.#events = events;
    this.#view = new PoolView(pool, revision);
    this.#call = call;
    this.#note = note;
  }

  /** The platform ends the isolate; a new one takes its place. Returns how many slots were in hand. */
  vanish(pool: PoolConfig, revision: number): number {
    const { left } = this.#view.slots;
    this.#view = new PoolView(pool, revision);
    this.#entries = 0;
    this.#batch++;
    this.#isTimed = false;
    return left;
  }

  /** One request, as `selectFirst` has it. */
  request(now: number): void {
    const view = this.#view;
    const slot = slotInHand(view, now);
    if (slot) {
      this.#use(slot.index, now, now);
      if (!isTimeToAsk(view, now)) return;
      view.askingSince = now;
      if (isWorthTaking(this.#waiting, now)) this.#beginBatch(now);
      this.#ask(wanted(view), now, () => {
        view.askingSince = 0;
      });
    } else if (view.breaker.isOpen(now)) {
      if (view.breaker.allowProbe(now)) this.#ask(0, now, () => undefined);
      this.#use(this.#localPick(), now, now);
    } else {
      if (isWorthTaking(this.#waiting, now)) this.#beginBatch(now);
      this.#ask(wanted(view), now, (answered, at) => {
        const fresh = answered ? slotInHand(view, at) : null;
        this.#use(fresh?.index ?? this.#localPick(), at, now);
      });
    }
  }

  #ask(want: number, now: number, then: (answered: boolean, at: number) => void): void {
    const view = this.#view;
    const ask = { want, revision: view.revision, returned: view.slots.takeReturned() };
    this.#call(ask, now, (reply, at) => {
      if (reply) view.applyLease(reply, at);
      else view.breaker.onFailure(at);
      then(reply !== null, at);
    });
  }

  #localPick(): number {
    const { config, localPosition } = this.#view;
    return take(
      localPosition,
      config.backends.map(({ state, weight }) => (state === 'active' ? weight : 0)),
    );
  }

  #use(index: number, now: number, cameAt: number): void {
    this.#note(this, index, now, now - cameAt);
    if (this.#entries++ === 0) this.#startedAt = now;
    if (isFull(this.#waiting, now)) {
      if (!this.#view.breaker.isOpen(now)) this.#report(now);
    } else if (!this.#isTimed) {
      this.#isTimed = true;
      const batch = this.#batch;
      this.#events.add(now + BATCH_MS, (at) => {
        if (this.#batch === batch) this.#report(at);
      });
    }
  }

  /** What a report tells costs nothing here; it counts as a call, and brings news and returned slots home. */
  #report(now: number): void {
    this.#beginBatch(now);
    this.#ask(0, now, () => undefined);
  }

  #beginBatch(now: number): void {
    this.#entries = 0;
    this.#sentAt = now;
    this.#batch++;
    this.#isTimed = false;
  }

  get #waiting() {
    const mappings = { length: this.#entries };
    return { attempts: { length: 0 }, mappings, startedAt: this.#startedAt, sentAt: this.#sentAt };
  }
}
