/** A Pool object's part in the live view: pushes to the Directory at most once a second, and only while somebody watches. */
import type { Env } from '../../env.ts';
import type { LivePush, MappingBatch, ShardName, ShardStatus } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';

const PUSH_MS = 1_000;
/** About as many mappings go with one push: nobody reads more in a second. */
export const MAPPINGS_PER_PUSH = 100;

export class LiveFeed {
  readonly #name: ShardName;
  readonly #status: () => ShardStatus;
  /** Pushes since the object started: none while nobody watches. */
  pushes = 0;
  #watched = false;
  /** How often the Directory has said that somebody watches. */
  #watches = 0;
  #mappings: MappingBatch[] = [];
  /** A push waits for its time or for its answer; `#noted`: something has changed since it was made up. */
  #waiting = false;
  #noted = false;
  #pushedAt = 0;

  constructor(name: ShardName, status: () => ShardStatus) {
    this.#name = name;
    this.#status = status;
  }

  /** Somebody watches: the Directory asks how things stand. */
  watch(): void {
    this.#watched = true;
    this.#watches++;
  }

  /** Call this when the Directory is asked, and what it returns with the answer: whether somebody watches. */
  awaitWord(): (watched: boolean) => void {
    const watches = this.#watches;
    return (watched) => {
      if (watched) this.watch();
      // Nobody, says an answer that is older than the last word of somebody: it does not count.
      if (watches !== this.#watches) return;
      this.#watched = false;
      this.#mappings = [];
    };
  }

  /** Something has changed, with these mappings: pushes when the second is over. Does nothing while nobody watches. */
  note(env: Env, mappings: MappingBatch | null): void {
    if (!this.#watched) return;
    if (mappings && mappings.count > 0) this.#mappings.push(mappings);
    let kept = this.#mappings.reduce((sum, batch) => sum + batch.count, 0);
    while (this.#mappings.length > 1 && kept - this.#mappings[0]!.count >= MAPPINGS_PER_PUSH)
      kept -= this.#mappings.shift()!.count;
    this.#noted = true;
    if (!this.#waiting) this.#schedule(env);
  }

  #schedule(env: Env): void {
    this.#waiting = true;
    const waitMs = Math.max(0, this.#pushedAt + PUSH_MS - Date.now());
    setTimeout(() => this.#push(env), waitMs);
  }

  /** One push is under way at most: a Directory that is slow makes the view coarser, and costs nothing else. */
  async #push(env: Env): Promise<void> {
    const push: LivePush = { ...this.#name, status: this.#status(), mappings: this.#mappings };
    this.#mappings = [];
    this.#noted = false;
    this.#pushedAt = Date.now();
    this.pushes++;
    const hear = this.awaitWord();
    try {
      hear(await directoryObject(env).livePush(push));
    } catch {
      // The Directory is away; what it missed comes with the next change.
    } finally {
      this.#waiting = false;
      if (this.#watched && this.#noted) this.#schedule(env);
    }
  }
}
