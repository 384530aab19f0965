/** When a Pool object asks the Directory for its configuration, and whom it lets wait for that. */

/** While there is traffic the Directory is asked this often, should a push have been lost: push for speed, pull for repair. */
const PULL_MS = 30_000;

export class CatchUp {
  readonly #pull: () => Promise<void>;
  #pulledAt = 0;

  /** `pull` takes the Directory's answer over. */
  constructor(pull: () => Promise<void>) {
    this.#pull = pull;
  }

  /**
   * Call this before an answer to who knows revision `asker`; `known` is what the object knows, null: nothing. Pulls when
   * nothing is known, or the asker knows more; now and then behind the reply, as a promise in `behind`; else returns at once.
   */
  async to(asker: number, known: number | null, behind: (pull: Promise<void>) => void): Promise<void> {
    if (known === null) return this.#pullNow();
    const isDue = Date.now() - this.#pulledAt > PULL_MS;
    if (asker <= known && !isDue) return;
    // With a configuration in hand the pool goes on: the Directory's absence must not stop traffic.
    const pulled = this.#pullNow().catch(() => undefined);
    if (asker > known) await pulled;
    else behind(pulled);
  }

  #pullNow(): Promise<void> {
    this.#pulledAt = Date.now();
    return this.#pull();
  }
}
