/** A Pool object's part in the live view: pushes to the Directory, at most one per `LIVE_PUSH_MS` and only while it is watched. */
import type { Env } from '../../env.ts';
import { dropOldestBatches } from '../../lib/bounded.ts';
import { LIVE_PUSH_MS } from '../../lib/timing.ts';
import type { LivePush, MappingBatch, ShardName, ShardStatus } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';

/** Mappings in one push, and at most a batch more: a viewer cannot read more in a second. */
export const MAPPINGS_PER_PUSH = 100;

/** Pushes status and mappings of one shard. */
export class LiveFeed {
  readonly #name: ShardName;
  readonly #status: () => ShardStatus;
  /** Pushes since the object started. */
  pushes = 0;
  #watched = false;
  /** How often the Directory has reported that the live view is watched. */
  #watches = 0;
  #mappings: MappingBatch[] = [];
  /** A push waits for its time or for its reply; `#dirty`: something has changed since it was made. */
  #waiting = false;
  #dirty = false;
  #pushedAt = 0;

  constructor(name: ShardName, status: () => ShardStatus) {
    this.#name = name;
    this.#status = status;
  }

  /** Starts pushing: the live view is watched. */
  watch(): void {
    this.#watched = true;
    this.#watches++;
  }

  /** Call before asking the Directory whether the live view is watched; pass its answer to the function returned. */
  expectAnswer(): (watched: boolean) => void {
    const watches = this.#watches;
    return (watched) => {
      if (watched) this.watch();
      // A "not watched" that was asked for before the latest `watch()` is stale: ignore it.
      if (watches !== this.#watches) return;
      this.#watched = false;
      this.#mappings = [];
    };
  }

  /** Schedules a push: something has changed, with these mappings. Does nothing while the live view is not watched. */
  schedule(env: Env, batches: readonly (MappingBatch | undefined)[]): void {
    if (!this.#watched) return;
    for (const batch of batches) if (batch && batch.count > 0) this.#mappings.push(batch);
    dropOldestBatches(this.#mappings, MAPPINGS_PER_PUSH);
    this.#dirty = true;
    if (!this.#waiting) this.#pushLater(env);
  }

  #pushLater(env: Env): void {
    this.#waiting = true;
    const waitMs = Math.max(0, this.#pushedAt + LIVE_PUSH_MS - Date.now());
    setTimeout(() => this.#push(env), waitMs);
  }

  /** At most one push is under way: a slow Directory makes the view coarser, and costs nothing else. */
  async #push(env: Env): Promise<void> {
    const push: LivePush = { ...this.#name, status: this.#status(), mappings: this.#mappings };
    this.#mappings = [];
    this.#dirty = false;
    this.#pushedAt = Date.now();
    this.pushes++;
    const answer = this.expectAnswer();
    try {
      answer(await directoryObject(env).livePush(push));
    } catch {
      // The Directory is away. The next change pushes the status again.
    } finally {
      this.#waiting = false;
      if (this.#watched && this.#dirty) this.#pushLater(env);
    }
  }
}
