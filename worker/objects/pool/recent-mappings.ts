/** A shard's recent mappings: read from storage when first needed, and what has come since waits to be written. */

import type { Mapping, MappingBatch } from '../../protocol/messages.ts';
import { RING_SIZE, readBatches } from './store.ts';

/** A ring of batches, of which nobody reads more than is asked for: `RING_SIZE` mappings and at most a batch more. */
export class RecentMappings {
  readonly #stored: () => MappingBatch[];
  #kept: MappingBatch[] | null = null;
  #unsaved: MappingBatch[] = [];

  constructor(stored: () => MappingBatch[]) {
    this.#stored = stored;
  }

  /** Adds a batch; the oldest go. */
  add(batch: MappingBatch): void {
    if (batch.count === 0) return;
    for (const ring of [this.#all(), this.#unsaved]) {
      ring.push(batch);
      let count = ring.reduce((sum, other) => sum + other.count, 0);
      while (count - ring[0]!.count >= RING_SIZE) count -= ring.shift()!.count;
    }
  }

  /** The mappings, newest first, at most `RING_SIZE`. */
  newest(): Mapping[] {
    return readBatches(this.#all()).slice(-RING_SIZE).toReversed();
  }

  /** What has not been written yet, oldest first; whoever takes it writes it. */
  takeUnsaved(): MappingBatch[] {
    const unsaved = this.#unsaved;
    this.#unsaved = [];
    return unsaved;
  }

  /** Forgets all: the pool has been deleted. */
  forget(): void {
    this.#kept = null;
    this.#unsaved = [];
  }

  #all(): MappingBatch[] {
    this.#kept ??= this.#stored();
    return this.#kept;
  }
}
