/** The figures and words of the strip above a pool's backends. No I/O. */
import type { PoolStatus } from '../../api/status.ts';
import { countdown } from '../../model/format.ts';
import { summarise, wellInWords } from '../../model/health.ts';

/** The share of attempts that failed in each step; null in a step without any. */
export const sharesFailed = (requests: readonly number[], failures: readonly number[]): (number | null)[] =>
  requests.map((asked, i) => (asked === 0 ? null : (failures[i] ?? 0) / asked));

/** What is most wrong with a pool, in words; `now` in epoch ms. */
export function firstProblem(
  status: PoolStatus | undefined,
  causes: Readonly<Record<string, string>>,
  now: number,
): string {
  const summary = summarise(status);
  const { health, ejected, draining, available } = summary;
  if (health === 'unknown') return 'not heard of yet';
  const [first] = ejected;
  if (first !== undefined) {
    const until = status?.backends.find(({ id }) => id === first)?.ejectedUntil ?? now;
    const rest = until > now ? `ejected, ${countdown(until, now)}` : 'ejected, probing next';
    const more = ejected.length > 1 ? `, and ${ejected.length - 1} more` : '';
    return `${first} ${rest}${causes[first] ? `: ${causes[first]}` : ''}${more}`;
  }
  if (available === 0) return 'no backend takes requests';
  return draining.length > 0 ? `${draining.join(', ')} draining` : wellInWords(summary);
}
