/** The verdict of health checks on one backend, and whether a check would tell anything new. No I/O. */
import type { Health } from './ejection.ts';

/** What checks say of a backend; `unknown` counts as healthy. */
export type CheckState = 'healthy' | 'unhealthy' | 'unknown';

/** How many equal results in a row change the verdict. */
export interface CheckThresholds {
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
}

/** The verdict on one backend. Times are epoch ms. */
export interface CheckVerdict {
  state: CheckState;
  /** Since when it has been in this state; 0: it has been unknown from the start. */
  since: number;
  /** Equal results in a row, and which; null: no check yet. */
  consecutive: number;
  lastOk: boolean | null;
}

/** The verdict on a backend that has not been checked. */
export const newVerdict = (): CheckVerdict => ({ state: 'unknown', since: 0, consecutive: 0, lastOk: null });

/** What a check changed: `recovered`: the backend was unhealthy and is in again. */
export type CheckChange = 'none' | 'unhealthy' | 'recovered';

/** Records the result of one check. Returns what it changed. `now` is epoch ms. */
export function recordCheck(
  verdict: CheckVerdict,
  ok: boolean,
  { unhealthyAfter, healthyAfter }: CheckThresholds,
  now: number,
): CheckChange {
  verdict.consecutive = verdict.lastOk === ok ? verdict.consecutive + 1 : 1;
  verdict.lastOk = ok;
  const state = ok ? 'healthy' : 'unhealthy';
  if (verdict.state === state || verdict.consecutive < (ok ? healthyAfter : unhealthyAfter)) return 'none';
  const was = verdict.state;
  verdict.state = state;
  verdict.since = now;
  if (!ok) return 'unhealthy';
  return was === 'unhealthy' ? 'recovered' : 'none';
}

/**
 * Whether a request has shown what a check would show: the last one was answered well, within the interval. A check of a
 * backend that is out, or whose last check failed, always tells something new.
 */
export function isCheckNeedless(
  { succeededAt, consecutiveFailures, ejectedUntil }: Health,
  { state, lastOk }: CheckVerdict,
  intervalMs: number,
  now: number,
): boolean {
  if (state === 'unhealthy' || lastOk === false || ejectedUntil !== 0) return false;
  return consecutiveFailures === 0 && succeededAt > 0 && now - succeededAt < intervalMs;
}

/** Whether a status is one of those expected, which are codes (`204`) or classes (`2xx`). */
export function isExpectedStatus(status: number, expected: readonly string[]): boolean {
  const code = String(status);
  return expected.some((one) => one === code || (one.endsWith('xx') && one[0] === code[0]));
}
