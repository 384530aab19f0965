/** The last health checks of each backend of a pool, and the verdict that follows from them. No I/O. */
import {
  type CheckChange,
  type CheckThresholds,
  type CheckVerdict,
  newVerdict,
  recordCheck,
} from '../../../balance/health-check.ts';
import { dropOldest } from '../../../lib/bounded.ts';
import type { BackendHealth, Check } from '../../../protocol/traffic-schemas.ts';

/** Checks kept for each backend. */
export const CHECKS_KEPT = 50;

/** One check as it is stored: a tuple, because there are many. */
type StoredCheck = readonly [at: number, ms: number, status: number | null, result: Check['result']];
/** What is stored of one backend. `key` tells a backend from another one that had the same id. */
export interface StoredChecks {
  readonly id: string;
  readonly key: string;
  readonly verdict: CheckVerdict;
  readonly checks: readonly StoredCheck[];
}

interface Records {
  readonly key: string;
  readonly verdict: CheckVerdict;
  /** Oldest first. */
  readonly checks: Check[];
}

/** A backend, and what makes it another one under the same id. */
export interface CheckedBackend {
  readonly id: string;
  readonly url: string | null;
  readonly binding: string | null;
}

const keyOf = ({ url, binding }: CheckedBackend): string => `${binding ?? ''} ${url ?? ''}`;

/** By backend id. */
export class CheckRecords {
  #byId = new Map<string, Records>();

  constructor(stored: readonly StoredChecks[] = []) {
    for (const { id, key, verdict, checks } of stored)
      this.#byId.set(id, { key, verdict: { ...verdict }, checks: checks.map(checkOf) });
  }

  /** Keeps the records of these backends, begins those of new ones, and forgets all others. */
  retain(backends: readonly CheckedBackend[]): void {
    const kept = backends.map((backend): [string, Records] => {
      const known = this.#byId.get(backend.id);
      const key = keyOf(backend);
      return [backend.id, known?.key === key ? known : { key, verdict: newVerdict(), checks: [] }];
    });
    this.#byId = new Map(kept);
  }

  /** Records a check. Returns what it changed; null: there is no such backend any more. */
  record(id: string, check: Check, thresholds: CheckThresholds): CheckChange | null {
    const records = this.#byId.get(id);
    if (!records) return null;
    records.checks.push(check);
    dropOldest(records.checks, CHECKS_KEPT);
    return recordCheck(records.verdict, check.ok, thresholds, check.at + check.ms);
  }

  /** The verdict on a backend. */
  verdict(id: string): CheckVerdict {
    return this.#byId.get(id)?.verdict ?? newVerdict();
  }

  /** The last checks of a backend, newest first. */
  newest(id: string): Check[] {
    return this.#byId.get(id)?.checks.toReversed() ?? [];
  }

  /** When a backend was last checked, epoch ms; null: never. */
  lastAt(id: string): number | null {
    return this.#byId.get(id)?.checks.at(-1)?.at ?? null;
  }

  /** What checks say of a backend. */
  health(id: string): BackendHealth {
    const { state, since, consecutive } = this.verdict(id);
    const last = this.#byId.get(id)?.checks.at(-1);
    return {
      state,
      since: since || null,
      lastCheckAt: last?.at ?? null,
      lastMs: last?.ms ?? null,
      lastResult: last?.result ?? null,
      consecutive,
    };
  }

  /** What to store. */
  dump(): StoredChecks[] {
    return [...this.#byId].map(([id, { key, verdict, checks }]) => ({
      id,
      key,
      verdict,
      checks: checks.map(({ at, ms, status, result }) => [at, ms, status, result] as const),
    }));
  }
}

const checkOf = ([at, ms, status, result]: StoredCheck): Check => ({
  at,
  ms,
  status,
  result,
  ok: result === 'ok',
});
