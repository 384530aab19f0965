/** How a pool's health goes on in one shard: since when it is so, and the incident that it makes. No I/O. */
import type { IncidentPart, ShardName } from '../../../protocol/messages.ts';
import {
  type Counted,
  type HealthState,
  isFine,
  isWorse,
  type PoolVerdict,
  WINDOW_MS,
} from '../../../stats/health.ts';

/** How long a pool must have been fine for its incident to be over. */
const OVER_MS = 60_000;
/** An alarm costs a row, so its time is one that several verdicts in a row share. */
const JUDGE_STEP_MS = 30_000;
/** Backends that an incident names. */
export const BACKENDS_NAMED = 50;
/** Parts of incidents that wait for the Directory; the oldest are dropped first. */
export const PARTS_WAITING = 20;

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** What is stored; times are epoch ms. */
export interface StoredHealth {
  readonly state: HealthState;
  readonly since: number;
  /** Since when the pool has been fine again while its incident is open; 0: it is not. */
  readonly fineSince: number;
  readonly incident: IncidentPart | null;
  /** What the Directory does not know yet, oldest first. */
  readonly unsent: readonly IncidentPart[];
}

/** Follows the verdicts on a pool. Every time is epoch ms. */
export class HealthWatch {
  readonly #name: ShardName;
  state: HealthState;
  since: number;
  #fineSince: number;
  #incident: IncidentPart | null;
  #unsent: IncidentPart[];
  /** When time alone may change the verdict; null: it cannot. */
  #judgeAt: number | null = null;

  constructor(name: ShardName, stored: StoredHealth | undefined, now: number) {
    this.#name = name;
    this.state = stored?.state ?? 'ok';
    this.since = stored?.since ?? now;
    this.#fineSince = stored?.fineSince ?? 0;
    this.#incident = stored?.incident ?? null;
    this.#unsent = [...(stored?.unsent ?? [])];
    if (this.#incident || !isFine(this.state)) this.#judgeAt = now;
  }

  /** Counts what came in since the last call, in the incident that is open. */
  count({ failed, saved }: Pick<Counted, 'failed' | 'saved'>): void {
    if (!this.#incident || failed + saved === 0) return;
    const { requestsFailed, savedByRetry } = this.#incident;
    this.#update({ requestsFailed: requestsFailed + failed, savedByRetry: savedByRetry + saved });
  }

  /**
   * Adopts a verdict. `minute` is what was counted in the last minute: what an incident has cost before it was one. Returns
   * whether the state has changed, or an incident began or ended.
   */
  judge({ state, why, backends, isPassing }: PoolVerdict, minute: Counted, now: number): boolean {
    const isNew = state !== this.state;
    if (isNew) {
      this.state = state;
      this.since = now;
    }
    const wasOpen = this.#incident !== null;
    if (!isFine(state)) this.#goOn(state, why, backends, minute, now);
    else if (this.#incident) this.#endIfOver(now);
    this.#judgeAt = this.#nextAt(isPassing, now);
    return isNew || wasOpen !== (this.#incident !== null);
  }

  /** When to judge again at the latest; null: when something comes in. */
  get judgeAt(): number | null {
    return this.#judgeAt;
  }

  #nextAt(isPassing: boolean, now: number): number | null {
    if (this.#incident && this.#fineSince > 0) return this.#fineSince + OVER_MS;
    return isPassing ? roundUp(now + WINDOW_MS, JUDGE_STEP_MS) : null;
  }

  #goOn(state: HealthState, why: string, backends: readonly string[], minute: Counted, now: number): void {
    this.#fineSince = 0;
    if (!this.#incident) {
      this.#incident = {
        ...this.#name,
        state,
        from: now,
        to: null,
        cause: why,
        backends: backends.slice(0, BACKENDS_NAMED),
        requestsFailed: minute.failed,
        savedByRetry: minute.saved,
      };
      this.#queue(this.#incident);
      return;
    }
    const { state: worst, backends: known } = this.#incident;
    const more = backends.filter((id) => !known.includes(id));
    const room = Math.max(0, BACKENDS_NAMED - known.length);
    const isWorst = isWorse(state, worst);
    if (isWorst || (more.length > 0 && room > 0))
      this.#update({
        backends: [...known, ...more.slice(0, room)],
        ...(isWorst ? { state, cause: why } : {}),
      });
  }

  #endIfOver(now: number): void {
    this.#fineSince ||= now;
    if (now - this.#fineSince < OVER_MS) return;
    this.#update({ to: this.#fineSince });
    this.#incident = null;
    this.#fineSince = 0;
  }

  #update(change: Partial<IncidentPart>): void {
    this.#incident = { ...this.#incident!, ...change };
    this.#queue(this.#incident);
  }

  /** The newest word on an incident takes the place of those before. */
  #queue(part: IncidentPart): void {
    this.#unsent = [...this.#unsent.filter(({ from }) => from !== part.from), part].slice(-PARTS_WAITING);
  }

  /** What the Directory does not know yet. */
  get unsent(): readonly IncidentPart[] {
    return this.#unsent;
  }

  /** The Directory has taken these parts; what came after stays. */
  sent(parts: readonly IncidentPart[]): void {
    this.#unsent = this.#unsent.filter((part) => !parts.includes(part));
  }

  /** What to store. */
  dump(): StoredHealth {
    const { state, since } = this;
    return {
      state,
      since,
      fineSince: this.#fineSince,
      incident: this.#incident,
      unsent: this.#unsent,
    };
  }
}
