/** When a Pool object writes its state down: behind the replies, at most once a second, and only what has changed. */

/** At most one transaction in this time while dirty. */
const WRITE_MS = 1_000;

export class WriteBehind {
  readonly #write: () => void;
  /** Runs while something waits to be written. */
  #timer: number | null = null;

  constructor(write: () => void) {
    this.#write = write;
  }

  /** Something has changed: it is written within a second. */
  markDirty(): void {
    this.#timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  /** Writes at once, and with it what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#write();
  }

  /** Writes at once what waits to be written; does nothing when nothing has changed. */
  flushIfDirty(): void {
    if (this.#timer !== null) this.flush();
  }
}
