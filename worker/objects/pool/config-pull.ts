/** When a Pool object pulls its configuration from the Directory, and which calls wait for it. */
import { withDeadline } from '../../lib/calls.ts';
import { CircuitBreaker } from '../../lib/circuit-breaker.ts';
import { AWAY_MS, OBJECT_DEADLINE_MS, PULL_MS } from '../../lib/timing.ts';

/** Pulls on demand, and now and then to repair a lost push. */
export class ConfigPull {
  readonly #pull: () => Promise<void>;
  readonly #behind: (pull: Promise<void>) => void;
  #pulledAt = 0;
  /** While the Directory has not answered since it missed its deadline, no call waits for it. */
  readonly #breaker = new CircuitBreaker();

  /** `pull` fetches and adopts the configuration; `behind` runs a pull in the background. */
  constructor(pull: () => Promise<void>, behind: (pull: Promise<void>) => void) {
    this.#pull = pull;
    this.#behind = behind;
  }

  /**
   * Call this before a reply to a caller that knows revision `wanted`; `known` is the revision that the object has, null for
   * none. Waits for a pull when the object has no configuration, or an older one than the caller. Otherwise returns at once,
   * and pulls in the background when a pull is due. Throws only when the Directory does and the object has no configuration.
   */
  async ensureRevision(wanted: number, known: number | null): Promise<void> {
    if (known === null) return this.#pullNow();
    const isBehind = wanted > known;
    const waits = isBehind && !this.#breaker.hasFailed;
    const everyMs = isBehind ? AWAY_MS : PULL_MS;
    if (!waits && Date.now() - this.#pulledAt <= everyMs) return;
    // A pool with a configuration goes on with it: the Directory's absence must not stop traffic.
    const pulled = this.#pullInTime();
    if (waits) await pulled;
    else this.#behind(pulled);
  }

  async #pullInTime(): Promise<void> {
    const startedAt = Date.now();
    const pulled = await withDeadline(async () => {
      await this.#pullNow();
      return true;
    }, OBJECT_DEADLINE_MS);
    const now = Date.now();
    // Another pull may have been answered meanwhile: then the Directory is there, although this pull failed.
    if (!pulled && !this.#breaker.wasHeard(now, now - startedAt)) this.#breaker.onFailure(now);
  }

  async #pullNow(): Promise<void> {
    this.#pulledAt = Date.now();
    await this.#pull();
    this.#breaker.onSuccess(Date.now());
  }
}
