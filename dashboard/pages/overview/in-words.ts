/** A pool's state in one sentence. No I/O. */
import type { PoolStatus } from '../../api/status.ts';
import { countdown } from '../../model/format.ts';
import { type Summary, wellInWords } from '../../model/health.ts';

/** What is wrong, or going on, at `now` (epoch ms); quiet when nothing is. */
export function inWords(summary: Summary, status: PoolStatus | undefined, now: number): string {
  const { health, ejected, draining } = summary;
  switch (health) {
    case 'down':
      return ejected.length > 0
        ? `all ejected: ${ejected.join(', ')}${probe(status, now)}`
        : 'no backend takes requests';
    case 'ejected':
      return `${ejected.join(', ')} ejected${probe(status, now)}`;
    case 'draining':
      return `${draining.join(', ')} draining`;
    case 'unknown':
      return status ? '' : 'not heard of yet';
    case 'well':
      return wellInWords(summary);
  }
}

/** How long until the next one that is out may show that it is well again. */
function probe(status: PoolStatus | undefined, now: number): string {
  const ends = (status?.backends ?? [])
    .filter((backend) => backend.status === 'ejected')
    .flatMap(({ ejectedUntil }) => ejectedUntil ?? []);
  if (ends.length === 0) return '';
  const soonest = Math.min(...ends);
  if (soonest <= now) return ' · probing next';
  return ends.length === 1 ? ` · ${countdown(soonest, now)}` : ` · next probe in ${countdown(soonest, now)}`;
}
