/** A pool's state in one sentence. No I/O. */
import type { PoolStatus } from '../../api/status.ts';
import { type Summary, wellInWords } from '../../model/health.ts';

/** What is wrong, or going on; quiet when nothing is. */
export function inWords(summary: Summary, status: PoolStatus | undefined): string {
  const { health, ejected, draining } = summary;
  switch (health) {
    case 'down':
      return ejected.length > 0 ? `all ejected: ${ejected.join(', ')}` : 'no backend takes requests';
    case 'ejected':
      return `${ejected.join(', ')} ejected`;
    case 'draining':
      return `${draining.join(', ')} draining`;
    case 'unknown':
      return status ? '' : 'not heard of yet';
    case 'well':
      return wellInWords(summary);
  }
}
