/** When a Pool object asks the Directory for its configuration, and whom it lets wait for that. */
import { OBJECT_DEADLINE_MS, withDeadline } from '../../lib/calls.ts';

/** While there is traffic the Directory is asked this often, should a push have been lost: push for speed, pull for repair. */
const PULL_MS = 30_000;
/** A Directory that is away is asked this often while somebody knows of a newer revision. */
const AWAY_MS = 1_000;

export class ConfigPull {
  readonly #pull: () => Promise<void>;
  readonly #behind: (pull: Promise<void>) => void;
  #pulledAt = 0;
  #answers = 0;
  /** The Directory has not answered in time, and not since: nobody waits for it. */
  #isAway = false;

  /** `pull` takes the Directory's answer over; `behind` sees one through that nobody waits for. */
  constructor(pull: () => Promise<void>, behind: (pull: Promise<void>) => void) {
    this.#pull = pull;
    this.#behind = behind;
  }

  /**
   * Call this before an answer to who knows revision `asker`; `known` is what the object knows, null: nothing. Pulls when
   * nothing is known, or the asker knows more; now and then behind the reply; else returns at once. Throws only when the
   * Directory does and nothing is known.
   */
  async ensureRevision(asker: number, known: number | null): Promise<void> {
    if (known === null) return this.#pullNow();
    const isBehind = asker > known;
    const waits = isBehind && !this.#isAway;
    const everyMs = isBehind ? AWAY_MS : PULL_MS;
    if (!waits && Date.now() - this.#pulledAt <= everyMs) return;
    // With a configuration in hand the pool goes on: the Directory's absence must not stop traffic.
    const pulled = this.#pullInTime();
    if (waits) await pulled;
    else this.#behind(pulled);
  }

  async #pullInTime(): Promise<void> {
    const answers = this.#answers;
    const answered = await withDeadline(async () => {
      await this.#pullNow();
      return true;
    }, OBJECT_DEADLINE_MS);
    // Another's question may have been answered meanwhile: the Directory is there, whatever became of this one.
    if (!answered && this.#answers === answers) this.#isAway = true;
  }

  async #pullNow(): Promise<void> {
    this.#pulledAt = Date.now();
    await this.#pull();
    this.#answers++;
    this.#isAway = false;
  }
}
