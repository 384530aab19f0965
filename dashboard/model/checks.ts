/** Health checks in words, and as the bars of a strip. No I/O. */
import type { BackendHealth, Check } from '../api/checks.ts';
import { clock, duration, plural } from './format.ts';

/** Bars in a strip. */
export const STRIP = 50;

/** A result in words. */
export const RESULT_WORDS: Readonly<Record<Check['result'], string>> = {
  ok: 'ok',
  'failure-status': 'unexpected status',
  'wrong-body': 'unexpected body',
  'connect-failure': 'not reached',
  timeout: 'timed out',
};

/** `status 503, unexpected status, 12 ms`. */
export function checkInWords({ status, result, ms }: Check): string {
  const answer = status === null ? [] : [`status ${status}`];
  return [...answer, ...(result === 'ok' ? [] : [RESULT_WORDS[result]]), duration(ms)].join(', ');
}

/** What a bar shows on hover: `12:04:31.120: status 200, 12 ms`. */
export const barTitle = (check: Check): string => `${clock(check.at)}: ${checkInWords(check)}`;

/** What a strip shows, for screen readers: `50 checks of a, 2 failed`. */
export function stripLabel(backend: string, checks: readonly Check[]): string {
  if (checks.length === 0) return `${backend} has not been checked`;
  const failed = checks.filter(({ ok }) => !ok).length;
  return `${plural(checks.length, 'check')} of ${backend}, ${failed === 0 ? 'none' : failed} failed`;
}

/** The checks with the one that a status reports, if it is newer; newest first. */
export function withLatest(checks: readonly Check[], health: BackendHealth | undefined): readonly Check[] {
  const { lastCheckAt: at = null, lastMs: ms = null, lastResult: result = null } = health ?? {};
  if (at === null || ms === null || result === null || at <= (checks[0]?.at ?? 0)) return checks;
  return [{ at, ms, status: null, result, ok: result === 'ok' }, ...checks].slice(0, STRIP);
}
