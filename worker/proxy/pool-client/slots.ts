/** An isolate's slots of a pool's sequence: used in order, returned when they expire. Beside them its copy of the sequence. No I/O. */
import { charge, enter, giveBack, take, takeTurns } from '../../balance/round-robin.ts';
import { BUSY_MS } from '../../lib/timing.ts';
import { type LeaseReply, NO_EPOCH, type Reason, type Returned } from '../../protocol/messages.ts';

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
 * What happens to a slot. `pass`: consumed without use. Returned, it would be granted again at once, and the skipped backend
 * would later get all those turns in a burst. `return`: it goes back unused.
 */
export type SlotAction = 'use' | 'pass' | 'return';

export class Slots {
  /** How many to ask for next. */
  want = 1;
  #leases: Lease[] = [];
  #grantedAt = 0;
  /** Turns taken since the last grant, with a slot or without. */
  #taken = 0;
  #takenAlone = 0;
  /** By epoch, then by backend id. */
  readonly #returned = new Map<number, Map<string, number>>();
  /** Turns taken without a slot that no call has brought to the object yet: likewise. */
  readonly #alone = new Map<number, Map<string, number>>();
  /** The isolate's copy of the sequence: where it stands once the slots in hand are used. */
  #copy: { epoch: number; taken: number; position: number[]; weights: readonly number[] } | null = null;
  /** By backend id. */
  readonly #charged = new Map<string, number>();

  /** Adds what the object granted. `now` in epoch ms. */
  add(reply: LeaseReply, now: number, idOf: (index: number) => string): void {
    this.#nameEpoch(reply.epoch);
    const slots = this.#withoutAlone(reply, idOf);
    this.#follow(reply, idOf);
    if (reply.slots.length === 0) return;
    if (now - this.#grantedAt < BUSY_MS) this.want *= 2;
    // So many slots were missing.
    this.want = Math.max(this.want, this.#takenAlone);
    this.#grantedAt = now;
    this.#taken = 0;
    this.#takenAlone = 0;
    if (slots.length === 0) return;
    const { epoch, first, reason, ttlMs } = reply;
    const lease = { epoch, first, slots, reason, expiresAt: now + ttlMs, next: 0 };
    // Turns that are to go back come before these slots; the isolate takes both from its copy, in their order.
    const comesAfter = this.#copy !== null && this.#returned.has(epoch);
    if (comesAfter || this.left + slots.length > SLOTS_HELD) this.#giveBack(lease, idOf);
    else this.#leases.push(lease);
    // Replies may overtake each other; the sequence's order is the slots' own.
    this.#leases.sort((a, b) => a.first - b.first);
  }

  /** Turns of no epoch are of this one: its object has the same configuration. */
  #nameEpoch(epoch: number): void {
    const turns = this.#alone.get(NO_EPOCH);
    if (!turns) return;
    this.#alone.delete(NO_EPOCH);
    for (const [id, count] of turns) for (let n = 0; n < count; n++) countUp(this.#alone, epoch, id);
  }

  /** Follows the object's sequence, and goes on from there by the turns and unused slots that it does not know of yet. */
  #follow({ epoch, first, slots, position, weights }: LeaseReply, idOf: (index: number) => string): void {
    const taken = first + slots.length;
    const copy = this.#copy;
    // Replies may overtake each other.
    const isOlder = copy && (epoch < copy.epoch || (epoch === copy.epoch && taken < copy.taken));
    if (!position || !weights || isOlder) return;
    const own = [...position];
    const turns = this.#alone.get(epoch);
    const unused = this.#returned.get(epoch);
    if (turns || unused || this.#charged.size > 0)
      weights.forEach((_, index) => {
        const id = idOf(index);
        const count = (turns?.get(id) ?? 0) - (unused?.get(id) ?? 0);
        if (count !== 0) takeTurns(own, weights, index, count);
        for (let n = this.#charged.get(id) ?? 0; n > 0 && charge(own, weights, index); ) n--;
      });
    this.#copy = { epoch, taken, position: own, weights };
  }

  /**
   * The slots that are left when those of backends that got their turn meanwhile, without one, are used up: with one isolate
   * these are the very turns that it took.
   */
  #withoutAlone({ epoch, slots }: LeaseReply, idOf: (index: number) => string): readonly number[] {
    if (this.#alone.size === 0) return slots;
    return slots.filter((index) => !countDown(this.#alone, epoch, idOf(index)));
  }

  /** Whether the isolate has a copy of the sequence to go on from without a slot. */
  get hasCopy(): boolean {
    return this.#copy !== null;
  }

  /** Takes the next turn of the copy, under the weights that the isolate knows. Returns the index, -1: all weights are 0. */
  takeAlone(weights: readonly number[], idOf: (index: number) => string): number {
    const copy = this.#copy!;
    const index = take(copy.position, weights);
    if (index < 0) return index;
    this.#taken++;
    this.#takenAlone++;
    const id = idOf(index);
    // A slot that was about to go back is used after all.
    if (!countDown(this.#returned, copy.epoch, id)) countUp(this.#alone, copy.epoch, id);
    return index;
  }

  /** The turns to be brought to the object with the next call; from now on they count as brought. */
  takeTurnsAlone(): Returned[] {
    return drain(this.#alone);
  }

  /** Goes on from another position, such as after all backends went out. */
  restart(position: readonly number[]): void {
    if (this.#copy) this.#copy.position = [...position];
  }

  /** Lets the backend `index` in again beside those of `weights`. */
  enter(weights: readonly number[], index: number): void {
    if (this.#copy) enter(this.#copy.position, weights, index);
  }

  /** Follows a changed list of backends: `from[i]` is the old index of backend i, -1: it is new. */
  rearrange(from: readonly number[]): void {
    const copy = this.#copy;
    if (!copy) return;
    const position = from.map((f) => copy.position[f] ?? 0);
    const weights = from.map((f) => copy.weights[f] ?? 0);
    this.#copy = { epoch: NO_EPOCH, taken: 0, position, weights };
  }

  /** Takes the next slot that is to be used; expired ones go back too. Null: none left. */
  take(
    now: number,
    actionFor: (index: number, reason: Reason) => SlotAction,
    idOf: (index: number) => string,
  ): Slot | null {
    this.expire(now, idOf);
    for (let lease = this.#leases[0]; lease; lease = this.#leases[0]) {
      const index = lease.slots[lease.next++]!;
      const action = actionFor(index, lease.reason);
      if (action === 'return') this.#setAside(lease.epoch, idOf(index));
      if (lease.next === lease.slots.length) this.#leases.shift();
      if (action !== 'use') continue;
      this.#taken++;
      return { index, reason: lease.reason };
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

  /** Whether requests have taken turns since the last grant. */
  get isInDemand(): boolean {
    return this.#taken > 0;
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
    for (const [epoch, counts] of this.#alone) copy.#alone.set(epoch, new Map(counts));
    copy.#copy = this.#copy && { ...this.#copy, position: [...this.#copy.position] };
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
    return drain(this.#returned);
  }

  /** Notes an affinity pick of a backend: the sequence is charged with it before the next slots come. */
  charge(id: string, index: number): void {
    this.#charged.set(id, (this.#charged.get(id) ?? 0) + 1);
    if (this.#copy) charge(this.#copy.position, this.#copy.weights, index);
  }

  /** Picks to be charged with the next call, by backend id; from now on they count as reported. */
  takeCharged(): Record<string, number> {
    const charged = Object.fromEntries(this.#charged);
    this.#charged.clear();
    return charged;
  }

  #giveBack(lease: Lease, idOf: (index: number) => string): void {
    const copy = this.#copy;
    for (let i = lease.next; i < lease.slots.length; i++) {
      const index = lease.slots[i]!;
      this.#setAside(lease.epoch, idOf(index));
      if (copy?.epoch === lease.epoch) giveBack(copy.position, copy.weights, index);
    }
  }

  #setAside(epoch: number, id: string): void {
    countUp(this.#returned, epoch, id);
  }
}

function countUp(counts: Map<number, Map<string, number>>, epoch: number, id: string): void {
  const own = counts.get(epoch);
  if (own) own.set(id, (own.get(id) ?? 0) + 1);
  else counts.set(epoch, new Map([[id, 1]]));
}

/** Takes one away; false: there was none. */
function countDown(counts: Map<number, Map<string, number>>, epoch: number, id: string): boolean {
  const own = counts.get(epoch);
  const count = own?.get(id);
  if (!own || !count) return false;
  if (count > 1) own.set(id, count - 1);
  else {
    own.delete(id);
    if (own.size === 0) counts.delete(epoch);
  }
  return true;
}

function drain(counts: Map<number, Map<string, number>>): Returned[] {
  const all = [...counts].map(([epoch, own]) => ({ epoch, counts: Object.fromEntries(own) }));
  counts.clear();
  return all;
}
