/** A Pool object in the simulation: the product's own sequence behind a queue, with evictions. No I/O. */
import { eligible } from '../../worker/balance/available.ts';
import { positionAfter } from '../../worker/balance/round-robin.ts';
import type { PoolConfig } from '../../worker/config/schema.ts';
import { Load } from '../../worker/objects/pool/calls/load.ts';
import { Sequence } from '../../worker/objects/pool/sequence.ts';
import type { Returned, SyncAsk, SyncReply } from '../../worker/protocol/messages.ts';
import { ONE_SHARD } from '../../worker/protocol/sharding.ts';
import { CallRate } from '../../worker/stats/call-rate.ts';
import type { Continent } from './geography.ts';

/** The platform's guide: about a thousand calls a second for one object. */
const SERVICE_MS = 1;
/** Calls that would wait longer are turned away (`overloaded`). */
const QUEUE_MS = 2_000;
const COLD_START_MS = 100;
const FLUSH_MS = 1_000;
const LEASE_TTL_MS = 1_000;

const weightsOf = (pool: PoolConfig): number[] => {
  const { indices } = eligible(pool.backends, () => 'available', false);
  return pool.backends.map(({ weight }, i) => (indices.includes(i) ? weight : 0));
};

export class PoolObject {
  readonly home: Continent;
  /** Calls by second since the counts began. */
  calls = new Map<number, number>();
  turnedAway = 0;
  lostSlots = 0;
  #pool: PoolConfig;
  #revision: number;
  #sequence: Sequence;
  #stored: { position: readonly number[]; taken: number };
  #flushedAt = 0;
  #busyUntil = 0;
  #load = new Load();
  #lives = 1;
  readonly #callRate = new CallRate();
  readonly #reshard: (count: number) => void;
  /** What this object knows of `sharding: auto`. */
  shards = ONE_SHARD;

  /** `reshard` is called when this object wants another number of objects. */
  constructor(
    home: Continent,
    startsAt: number,
    pool: PoolConfig,
    revision: number,
    reshard: (count: number) => void,
  ) {
    this.home = home;
    this.#reshard = reshard;
    this.#pool = pool;
    this.#revision = revision;
    this.#stored = { position: positionAfter(weightsOf(pool), startsAt), taken: 0 };
    this.#sequence = this.#fromStored();
  }

  /** When a call that arrives now will have been dealt with; null: turned away. */
  admit(now: number): number | null {
    const second = Math.floor(now / 1_000);
    this.calls.set(second, (this.calls.get(second) ?? 0) + 1);
    const begins = Math.max(now, this.#busyUntil);
    if (begins - now > QUEUE_MS) {
      this.turnedAway++;
      return null;
    }
    this.#busyUntil = begins + SERVICE_MS;
    return this.#busyUntil;
  }

  /** Answers one call. */
  answer({ want, revision, batch }: SyncAsk, now: number): SyncReply {
    const sequence = this.#sequence;
    this.#load.add(0, now);
    const count = this.#callRate.count(this.shards.count, now);
    if (count !== this.shards.count) this.#reshard(count);
    if (now - this.#flushedAt >= FLUSH_MS) {
      this.#stored = { position: [...sequence.position], taken: sequence.taken };
      this.#flushedAt = now;
    }
    for (const returned of batch?.returned ?? []) this.#takeBack(returned);
    sequence.setWeights(weightsOf(this.#pool));
    for (const { epoch, counts } of batch?.tookAlone ?? [])
      for (const [id, count] of Object.entries(counts)) sequence.takeTurns(epoch, this.#indexOf(id), count);
    const first = sequence.taken;
    const slots = sequence.lease(Math.min(want, this.#pool.maxLease));
    return {
      revision: this.#revision,
      routesRevision: 0,
      ejected: [],
      ramping: [],
      ...(this.#revision > revision ? { pool: this.#pool } : {}),
      epoch: sequence.epoch,
      first,
      slots,
      position: [...sequence.position],
      weights: sequence.weights,
      reason: 'policy',
      ttlMs: LEASE_TTL_MS,
      pace: this.#load.pace(now),
      ...(this.shards.since > 0 ? { shards: this.shards } : {}),
    };
  }

  /** The Directory's push. */
  configure(pool: PoolConfig, revision: number): void {
    const from = pool.backends.map((_, i) => i);
    this.#sequence.rearrange(from, weightsOf(this.#pool), weightsOf(pool));
    this.#pool = pool;
    this.#revision = revision;
  }

  /** The memory goes; what was written down last remains. */
  evict(now: number): void {
    this.#lives++;
    this.#sequence = this.#fromStored();
    this.#busyUntil = Math.max(this.#busyUntil, now) + COLD_START_MS;
  }

  #indexOf(id: string): number {
    return this.#pool.backends.findIndex((backend) => backend.id === id);
  }

  #fromStored(): Sequence {
    // Epochs of one life are never those of another.
    return new Sequence([...this.#stored.position], this.#stored.taken, this.#lives * 1e6);
  }

  #takeBack({ epoch, counts }: Returned): void {
    for (const [id, count] of Object.entries(counts)) {
      const before = this.#sequence.position[0];
      this.#sequence.giveBack(epoch, this.#indexOf(id), count);
      if (this.#sequence.position[0] === before) this.lostSlots += count;
    }
  }
}
