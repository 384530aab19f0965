/** A shard's recent mappings: read from storage when first needed; new ones wait to be written. */
import { dropOldestBatches } from '../../lib/bounded.ts';
import type { Mapping, MappingBatch } from '../../protocol/messages.ts';
import { RING_SIZE, readBatches } from './store.ts';

/** Two lists of batches, each of `RING_SIZE` mappings and at most a batch more: those to show, and those to write. */
export class RecentMappings {
  readonly #stored: () => MappingBatch[];
  #kept: MappingBatch[] | null = null;
  #unsaved: MappingBatch[] = [];

  constructor(stored: () => MappingBatch[]) {
    this.#stored = stored;
  }

  /** Adds a batch; the oldest batches are dropped. */
  add(batch: MappingBatch): void {
    if (batch.count === 0) return;
    for (const batches of [this.#all(), this.#unsaved]) {
      batches.push(batch);
      dropOldestBatches(batches, RING_SIZE);
    }
  }

  /** The mappings, newest first, at most `RING_SIZE`. */
  newest(): Mapping[] {
    return readBatches(this.#all()).slice(-RING_SIZE).toReversed();
  }

  /** Takes the batches that are not written yet, oldest first; the caller must write them. */
  takeUnsaved(): MappingBatch[] {
    const unsaved = this.#unsaved;
    this.#unsaved = [];
    return unsaved;
  }

  /** Forgets every mapping, since the pool was deleted. */
  forget(): void {
    this.#kept = null;
    this.#unsaved = [];
  }

  #all(): MappingBatch[] {
    this.#kept ??= this.#stored();
    return this.#kept;
  }
}
