/** The slots that an isolate holds of a pool's sequence: used in order, given back when they expire; what it owes beside them. No I/O. */
import { BUSY_MS } from '../../lib/timing.ts';
import type { LeaseReply, Reason, Returned } from '../../protocol/messages.ts';

/**
 * Slots in hand at most: any number of requests may ask at once, each for a whole lease. What comes past it goes back
 * with the next call.
 */
export const SLOTS_HELD = 16_384;

interface Lease {
  readonly epoch: number;
  readonly first: number;
  readonly slots: readonly number[];
  readonly reason: Reason;
  readonly expiresAt: number;
  next: number;
}

export interface Slot {
  readonly index: number;
  readonly reason: Reason;
}

/**
 * What becomes of a slot. `pass`: its turn is over, as if it had been used; given back it would come again at once, and
 * who is passed over for a while would then be owed all those turns in a row. `return`: it goes back unused.
 */
export type Fate = 'use' | 'pass' | 'return';

export class Slots {
  /** How many to ask for next. */
  want = 1;
  #leases: Lease[] = [];
  #grantedAt = 0;
  /** By epoch, then by backend id. */
  readonly #returned = new Map<number, Map<string, number>>();
  /** By backend id. */
  readonly #charged = new Map<string, number>();

  /** Adds what the object granted. `now` in epoch ms. */
  add(reply: LeaseReply, now: number, idOf: (index: number) => string): void {
    if (reply.slots.length === 0) return;
    if (now - this.#grantedAt < BUSY_MS) this.want *= 2;
    this.#grantedAt = now;
    const { epoch, first, slots, reason, ttlMs } = reply;
    const lease = { epoch, first, slots, reason, expiresAt: now + ttlMs, next: 0 };
    if (this.left + slots.length > SLOTS_HELD) this.#giveBack(lease, idOf);
    else this.#leases.push(lease);
    // Replies may overtake each other; the sequence's order is the slots' own.
    this.#leases.sort((a, b) => a.first - b.first);
  }

  /** Takes the next slot that is to be used; expired ones go back too. Null: none left. */
  take(
    now: number,
    fateOf: (index: number, reason: Reason) => Fate,
    idOf: (index: number) => string,
  ): Slot | null {
    this.expire(now, idOf);
    for (let lease = this.#leases[0]; lease; lease = this.#leases[0]) {
      const index = lease.slots[lease.next++]!;
      const fate = fateOf(index, lease.reason);
      if (fate === 'return') this.#setAside(lease.epoch, idOf(index));
      if (lease.next === lease.slots.length) this.#leases.shift();
      if (fate === 'use') return { index, reason: lease.reason };
    }
    return null;
  }

  /**
   * Once a lease has expired, sets all slots aside to be given back: were younger ones kept, they would be used before
   * those that come again. A lease that expired unused halves what is asked for next.
   */
  expire(now: number, idOf: (index: number) => string): void {
    let hasExpired = false;
    for (const lease of this.#leases) {
      if (now < lease.expiresAt) continue;
      hasExpired = true;
      this.want = Math.max(1, Math.floor(this.want / 2));
    }
    if (hasExpired) this.drop(idOf);
  }

  /** Slots still in hand, expired ones included. */
  get left(): number {
    let left = 0;
    for (const lease of this.#leases) left += lease.slots.length - lease.next;
    return left;
  }

  /** The same slots again, to be used up without touching these. */
  copy(): Slots {
    const copy = new Slots();
    copy.want = this.want;
    copy.#leases = this.#leases.map((lease) => ({ ...lease }));
    copy.#grantedAt = this.#grantedAt;
    for (const [epoch, counts] of this.#returned) copy.#returned.set(epoch, new Map(counts));
    for (const [id, count] of this.#charged) copy.#charged.set(id, count);
    return copy;
  }

  /** Sets everything aside to be given back. */
  drop(idOf: (index: number) => string): void {
    for (const lease of this.#leases) this.#giveBack(lease, idOf);
    this.#leases = [];
  }

  /** What is to be given back with the next call; from now on it counts as given. */
  takeReturned(): Returned[] {
    const returned = [...this.#returned].map(([epoch, counts]) => ({
      epoch,
      counts: Object.fromEntries(counts),
    }));
    this.#returned.clear();
    return returned;
  }

  /** Notes an affinity pick of a backend: the sequence is charged with it before the next slots come. */
  charge(id: string): void {
    this.#charged.set(id, (this.#charged.get(id) ?? 0) + 1);
  }

  /** Picks to be charged with the next call, by backend id; from now on they count as told. */
  takeCharged(): Record<string, number> {
    const charged = Object.fromEntries(this.#charged);
    this.#charged.clear();
    return charged;
  }

  #giveBack(lease: Lease, idOf: (index: number) => string): void {
    for (let i = lease.next; i < lease.slots.length; i++) this.#setAside(lease.epoch, idOf(lease.slots[i]!));
  }

  #setAside(epoch: number, id: string): void {
    let counts = this.#returned.get(epoch);
    if (!counts) {
      counts = new Map();
      this.#returned.set(epoch, counts);
    }
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
}
