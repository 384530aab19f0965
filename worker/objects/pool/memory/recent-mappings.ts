/** A shard's recent mappings: read from storage when first needed; new ones wait to be written. */
import { dropOldestBatches } from '../../../lib/bounded.ts';
import type { Mapping, MappingBatch } from '../../../protocol/messages.ts';
import { type PoolStore, RINGS, type Ring, readBatches } from '../store.ts';

/** Two lists of batches, each as long as the ring and at most a batch more: those to show, and those to write. */
export class RecentMappings {
  readonly #ring: Ring;
  readonly #store: Pick<PoolStore, 'batches' | 'saveMappings'>;
  #kept: MappingBatch[] | null = null;
  #unsaved: MappingBatch[] = [];

  constructor(ring: Ring, store: Pick<PoolStore, 'batches' | 'saveMappings'>) {
    this.#ring = ring;
    this.#store = store;
  }

  /** Adds a batch; the oldest batches are dropped. */
  add(batch: MappingBatch): void {
    if (batch.count === 0) return;
    for (const batches of [this.#all(), this.#unsaved]) {
      batches.push(batch);
      dropOldestBatches(batches, RINGS[this.#ring]);
    }
  }

  /** The mappings, newest first, as many as the ring keeps. */
  newest(): Mapping[] {
    return readBatches(this.#all()).slice(-RINGS[this.#ring]).toReversed();
  }

  /** Writes what is not written yet. */
  save(): void {
    this.#store.saveMappings(this.#ring, this.#unsaved);
    this.#unsaved = [];
  }

  /** Of how many successes one was recorded, at most, among the mappings here; not known of those from before a restart. */
  get sampled(): number {
    return this.#all().reduce((most, { sampled = 1 }) => Math.max(most, sampled), 1);
  }

  /** Forgets every mapping, since the pool was deleted. */
  forget(): void {
    this.#kept = null;
    this.#unsaved = [];
  }

  #all(): MappingBatch[] {
    this.#kept ??= this.#store.batches(this.#ring);
    return this.#kept;
  }
}
