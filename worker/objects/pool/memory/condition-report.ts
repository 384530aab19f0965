/** What is wrong in this shard, for the Directory's alerts: sent when it changes, and again until the Directory has it. */
import type { Standing } from '../../../balance/available.ts';
import type { Env } from '../../../env.ts';
import { EVENT_RETRY_MS } from '../../../lib/timing.ts';
import type { Condition } from '../../../protocol/conditions.ts';
import type { ShardName } from '../../../protocol/messages.ts';
import { directoryObject } from '../../../protocol/rpc.ts';
import type { Counted, HealthState } from '../../../stats/health.ts';

/** What the shard knows of its pool now. `out`: the backends that get no traffic although they should. */
export interface PoolFacts {
  readonly state: HealthState;
  readonly since: number;
  readonly why: string;
  readonly minute: Counted;
  readonly out: readonly { readonly id: string; readonly standing: Standing }[];
}

/** In memory only: a new object reports once, and what the Directory has already changes nothing there. */
export class ConditionReport {
  readonly #name: ShardName;
  /** Since when each backend is out (epoch ms). */
  #outSince = new Map<string, number>();
  #conditions: readonly Condition[] = [];
  /** What the Directory has; null: not known. Nothing is wrong until something is. */
  #sent: string | null = null;
  #triedAt = 0;
  #isSending = false;

  constructor(name: ShardName) {
    this.#name = name;
  }

  /** Takes what is so now. `now` is epoch ms. */
  update({ state, since, why, minute, out }: PoolFacts, now: number): void {
    this.#outSince = new Map(out.map(({ id }) => [id, this.#outSince.get(id) ?? now]));
    const { pool } = this.#name;
    const figures = { requests: minute.requests, failed: minute.failed };
    const ofPool = state === 'down' ? 'pool-down' : state === 'failing' ? 'pool-failing' : null;
    this.#conditions = [
      ...(ofPool ? [{ event: ofPool, pool, backend: null, since, cause: why, figures } as const] : []),
      ...out.map((backend) => ({
        event: 'backend-out' as const,
        pool,
        backend: backend.id,
        since: this.#outSince.get(backend.id)!,
        cause: `it is ${backend.standing}`,
        figures: {},
      })),
    ];
  }

  /** Whether the Directory does not have it yet. */
  get isDue(): boolean {
    return this.#sent !== this.#signature();
  }

  /** When to send (epoch ms), with a pause after a try that failed; null: there is nothing to send. */
  get nextAt(): number | null {
    if (!this.isDue) return null;
    return this.#triedAt === 0 ? 0 : this.#triedAt + EVENT_RETRY_MS;
  }

  /** Figures change all the time; only what begins or ends is news. */
  #signature(): string {
    return this.#conditions.map(({ event, backend }) => `${event} ${backend}`).join();
  }

  /** Sends what the Directory does not have; never throws. */
  async deliver(env: Env): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.isDue) {
        this.#triedAt = Date.now();
        const signature = this.#signature();
        await directoryObject(env).noteConditions(this.#name, this.#conditions);
        this.#sent = signature;
        this.#triedAt = 0;
      }
    } catch {
      // The Directory is away: the object's alarm tries again.
    } finally {
      this.#isSending = false;
    }
  }
}
