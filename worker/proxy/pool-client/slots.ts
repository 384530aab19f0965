/** An isolate's slots of a pool's sequence: used in order, returned when they expire. Beside them its copy of the sequence. No I/O. */
import { charge, enter, giveBack, take, takeTurns } from '../../balance/round-robin.ts';
import { LEASE_TTL_MS } from '../../lib/timing.ts';
import { type Batch, type Lease, NO_EPOCH, type Reason, type Returned } from '../../protocol/messages.ts';

/**
 * Slots in hand at most: any number of requests may ask at once, each for a whole lease. What comes past it goes back
 * with the next call.
 */
export const SLOTS_HELD = 16_384;

/** More slots are asked for than the rate needs, by this factor. */
const SURPLUS = 1.25;
/** Below this, traffic is so low that slots asked for ahead would only expire. */
const WORTH_ASKING_AHEAD = 4;

interface HeldLease {
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

/** Counts by epoch, then by backend id. */
type Turns = Map<number, Map<string, number>>;

/** Plain data, so that a copy is a structured clone. */
interface State {
  /** The ids of the pool's backends, in its order. */
  ids: readonly string[];
  /** The largest lease. */
  most: number;
  leases: HeldLease[];
  /** How many slots the last grant brought. */
  granted: number;
  /** Requests have taken turns since then, with a slot or without. */
  isInDemand: boolean;
  /** Turns taken in the running window, as long as a lease's life and begun at `windowAt` (epoch ms), and in the one before. */
  turns: [running: number, before: number];
  windowAt: number;
  /** Slots to be given back with the next call. */
  readonly returned: Turns;
  /** Turns taken without a slot, to be brought to the object with the next call. */
  readonly alone: Turns;
  /** Affinity picks to be charged with the next call, by backend id. */
  readonly charged: Map<string, number>;
  /** The isolate's copy of the sequence: where it stands once the slots in hand are used. */
  copy: { epoch: number; taken: number; position: number[]; weights: readonly number[] } | null;
}

const newState = (): State => ({
  ids: [],
  most: SLOTS_HELD,
  leases: [],
  granted: 0,
  isInDemand: false,
  turns: [0, 0],
  windowAt: 0,
  returned: new Map(),
  alone: new Map(),
  charged: new Map(),
  copy: null,
});

export class Slots {
  readonly #state: State;

  constructor(state = newState()) {
    this.#state = state;
  }

  /** The same slots again, to be used up without touching these. */
  copy(): Slots {
    return new Slots(structuredClone(this.#state));
  }

  /**
   * Adapts to a changed list of backends: `from[i]` is the old index of backend i, -1: it is new. All slots go back. `most`
   * is the largest lease.
   */
  configure(ids: readonly string[], from: readonly number[], most: number): void {
    const state = this.#state;
    this.drop();
    const { copy } = state;
    if (copy) {
      const position = from.map((f) => copy.position[f] ?? 0);
      const weights = from.map((f) => copy.weights[f] ?? 0);
      state.copy = { epoch: NO_EPOCH, taken: 0, position, weights };
    }
    state.ids = ids;
    state.most = most;
  }

  /** Adds what the object granted. `now` in epoch ms. */
  add(reply: Lease, now: number): void {
    const state = this.#state;
    this.#nameEpoch(reply.epoch);
    const slots = this.#withoutAlone(reply);
    this.#follow(reply);
    if (reply.slots.length === 0) return;
    state.granted = reply.slots.length;
    state.isInDemand = false;
    if (slots.length === 0) return;
    const { epoch, first, reason, ttlMs } = reply;
    const lease = { epoch, first, slots, reason, expiresAt: now + ttlMs, next: 0 };
    // Turns that are to go back come before these slots; the isolate takes both from its copy, in their order.
    const comesAfter = state.copy !== null && state.returned.has(epoch);
    if (comesAfter || this.left + slots.length > SLOTS_HELD) this.#giveBack(lease);
    else state.leases.push(lease);
    // Replies may overtake each other; the sequence's order is the slots' own.
    state.leases.sort((a, b) => a.first - b.first);
  }

  /** Turns of no epoch are of this one: its object has the same configuration. */
  #nameEpoch(epoch: number): void {
    const { alone } = this.#state;
    const turns = alone.get(NO_EPOCH);
    if (!turns) return;
    alone.delete(NO_EPOCH);
    for (const [id, count] of turns) for (let n = 0; n < count; n++) countUp(alone, epoch, id);
  }

  /** Follows the object's sequence, and goes on from there by the turns and unused slots that it does not know of yet. */
  #follow({ epoch, first, slots, position, weights }: Lease): void {
    const { ids, copy, alone, returned, charged } = this.#state;
    const taken = first + slots.length;
    // Replies may overtake each other.
    const isOlder = copy && (epoch < copy.epoch || (epoch === copy.epoch && taken < copy.taken));
    if (!position || !weights || isOlder) return;
    const own = [...position];
    const unused = returned.get(epoch);
    if (alone.size > 0 || unused || charged.size > 0)
      ids.forEach((id, index) => {
        // The object counts turns of any epoch, though it may have forgotten the weights.
        let count = -(unused?.get(id) ?? 0);
        for (const turns of alone.values()) count += turns.get(id) ?? 0;
        if (count !== 0) takeTurns(own, weights, index, count);
        for (let n = charged.get(id) ?? 0; n > 0 && charge(own, weights, index); ) n--;
      });
    this.#state.copy = { epoch, taken, position: own, weights };
  }

  /**
   * The slots that are left when those of backends that got their turn meanwhile, without one, are used up: with one isolate
   * these are the very turns that it took.
   */
  #withoutAlone({ epoch, slots }: Lease): readonly number[] {
    const { alone, ids } = this.#state;
    if (alone.size === 0) return slots;
    // Turns of an earlier epoch too: an object that has restarted begins another one.
    const epochs = [epoch, ...alone.keys()];
    return slots.filter((index) => !epochs.some((each) => countDown(alone, each, ids[index]!)));
  }

  /** How many to ask for: those that a lease's life will need at the rate of the last one, and some more. */
  want(now: number): number {
    const { turns, windowAt, most } = this.#state;
    const passed = (now - windowAt) / LEASE_TTL_MS;
    const perLease =
      passed >= 2 ? 0 : passed >= 1 ? turns[0] * (2 - passed) : turns[0] + turns[1] * (1 - passed);
    return Math.min(Math.max(1, Math.round(perLease * SURPLUS)), most);
  }

  /** Whether requests have taken turns since the last grant. */
  get isInDemand(): boolean {
    return this.#state.isInDemand;
  }

  /** Whether a quarter of the last grant is left. A small one would only be asked for ahead to expire. */
  get isRunningOut(): boolean {
    const { granted } = this.#state;
    return granted >= WORTH_ASKING_AHEAD && this.left <= granted / 4;
  }

  /** Whether the isolate has a copy of the sequence to go on from without a slot. */
  get hasCopy(): boolean {
    return this.#state.copy !== null;
  }

  /** Slots still in hand, expired ones included. */
  get left(): number {
    let left = 0;
    for (const lease of this.#state.leases) left += lease.slots.length - lease.next;
    return left;
  }

  /** When the first lease in hand expires, epoch ms; infinite when there is none. */
  get expiresAt(): number {
    let first = Infinity;
    for (const { expiresAt } of this.#state.leases) if (expiresAt < first) first = expiresAt;
    return first;
  }

  /** Takes the next turn of the copy, under the weights that the isolate knows. Returns the index, -1: all weights are 0. */
  takeAlone(weights: readonly number[], now: number): number {
    const state = this.#state;
    const copy = state.copy!;
    const index = take(copy.position, weights);
    if (index < 0) return index;
    this.#countTurn(now);
    const id = state.ids[index]!;
    // A slot that was about to go back is used after all.
    if (!countDown(state.returned, copy.epoch, id)) countUp(state.alone, copy.epoch, id);
    return index;
  }

  /** Goes on from another position, such as after all backends went out. */
  restart(position: readonly number[]): void {
    if (this.#state.copy) this.#state.copy.position = [...position];
  }

  /** Lets the backend `index` in again beside those of `weights`. */
  enter(weights: readonly number[], index: number): void {
    if (this.#state.copy) enter(this.#state.copy.position, weights, index);
  }

  /** Takes the next slot that is to be used; expired ones go back too. Null: none left. */
  take(now: number, actionFor: (index: number, reason: Reason) => SlotAction): Slot | null {
    const state = this.#state;
    this.expire(now);
    for (let lease = state.leases[0]; lease; lease = state.leases[0]) {
      const index = lease.slots[lease.next++]!;
      const action = actionFor(index, lease.reason);
      if (action === 'return') countUp(state.returned, lease.epoch, state.ids[index]!);
      if (lease.next === lease.slots.length) state.leases.shift();
      if (action !== 'use') continue;
      this.#countTurn(now);
      return { index, reason: lease.reason };
    }
    return null;
  }

  /**
   * Once a lease has expired, sets all slots aside to be given back: were younger ones kept, they would be used before
   * those that come again.
   */
  expire(now: number): void {
    if (now < this.expiresAt) return;
    this.drop();
    this.#state.granted = 0;
  }

  /** Sets everything aside to be given back. */
  drop(): void {
    for (const lease of this.#state.leases) this.#giveBack(lease);
    this.#state.leases = [];
  }

  /** Notes an affinity pick of a backend: the sequence is charged with it before the next slots come. */
  charge(index: number): void {
    const { charged, ids, copy } = this.#state;
    const id = ids[index]!;
    charged.set(id, (charged.get(id) ?? 0) + 1);
    if (copy) charge(copy.position, copy.weights, index);
  }

  /** Takes what the next call brings to the object; from now on it counts as brought. */
  takePending(): Pick<Batch, 'returned' | 'tookAlone' | 'charged'> {
    const { returned, alone, charged } = this.#state;
    const pending = {
      returned: listTurns(returned),
      tookAlone: listTurns(alone),
      charged: Object.fromEntries(charged),
    };
    for (const counts of [returned, alone, charged]) counts.clear();
    return pending;
  }

  #countTurn(now: number): void {
    const state = this.#state;
    const passed = now - state.windowAt;
    if (passed >= LEASE_TTL_MS) {
      state.turns = [0, passed < 2 * LEASE_TTL_MS ? state.turns[0] : 0];
      state.windowAt = passed < 2 * LEASE_TTL_MS ? state.windowAt + LEASE_TTL_MS : now;
    }
    state.turns[0]++;
    state.isInDemand = true;
  }

  #giveBack(lease: HeldLease): void {
    const { copy, returned, ids } = this.#state;
    for (let i = lease.next; i < lease.slots.length; i++) {
      const index = lease.slots[i]!;
      countUp(returned, lease.epoch, ids[index]!);
      if (copy?.epoch === lease.epoch) giveBack(copy.position, copy.weights, index);
    }
  }
}

function countUp(counts: Turns, epoch: number, id: string): void {
  const own = counts.get(epoch);
  if (own) own.set(id, (own.get(id) ?? 0) + 1);
  else counts.set(epoch, new Map([[id, 1]]));
}

/** Takes one away; false: there was none. */
function countDown(counts: Turns, epoch: number, id: string): boolean {
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

const listTurns = (counts: Turns): Returned[] =>
  [...counts].map(([epoch, own]) => ({ epoch, counts: Object.fromEntries(own) }));
