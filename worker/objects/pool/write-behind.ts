/** When a Pool object writes its state to storage: after the replies, at most once per `WRITE_MS`, and only when it changed. */
import { WRITE_MS } from '../../lib/timing.ts';

/** Writes a state that is marked dirty; in memory only. */
export class WriteBehind {
  readonly #write: () => void;
  /** Set while the state is dirty. */
  #timer: number | null = null;

  constructor(write: () => void) {
    this.#write = write;
  }

  /** Marks the state as changed: it is written within `WRITE_MS`. */
  markDirty(): void {
    this.#timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  /** Writes the state now, changed or not. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#write();
  }

  /** Writes the state now if it has changed. */
  flushIfDirty(): void {
    if (this.#timer !== null) this.flush();
  }
}
