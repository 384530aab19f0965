/** What happened to a pool, as marks on its charts: changes of the configuration, ejections and returns. No I/O. */
import type { HistoryEvent } from '../../api/events.ts';
import type { Tone } from '../../components/state.tsx';
import { revisionsOf } from '../../model/timeline.ts';

/** A mark at a time (epoch ms). */
export interface Mark {
  readonly at: number;
  readonly tone: Tone;
  readonly words: string;
}

/** The most marks on a chart; the newest are kept. */
export const MARKS = 100;

/** Events that say little on a chart. */
const LEFT_OUT: ReadonlySet<HistoryEvent['kind']> = new Set(['probe', 'probe-failed']);

/** Events that are good news. */
const GOOD: ReadonlySet<HistoryEvent['kind']> = new Set(['returned', 'healthy', 'pool-back']);

/** The marks of a pool since `from` (epoch ms), oldest first; `events` are newest first. */
export function marksOf(events: readonly HistoryEvent[], pool: string, from: number): Mark[] {
  const changes = revisionsOf(pool, events);
  return events
    .filter(({ at, kind }) => at >= from && !LEFT_OUT.has(kind))
    .flatMap((event): Mark[] => {
      if (event.kind === 'config')
        return changes.has(event.revision)
          ? [{ at: event.at, tone: 'off', words: `revision ${event.revision}: ${event.what}` }]
          : [];
      if (!('pool' in event) || event.pool !== pool) return [];
      const isGood = GOOD.has(event.kind);
      const subject = 'backend' in event && event.backend !== null ? `${event.backend} ` : '';
      return [
        {
          at: event.at,
          tone: isGood ? 'good' : 'bad',
          words: `${subject}${WORDS[event.kind] ?? event.kind}`,
        },
      ];
    })
    .slice(0, MARKS)
    .toReversed();
}

const WORDS: Readonly<Record<string, string>> = {
  ejected: 'ejected',
  returned: 'returned',
  unhealthy: 'unhealthy',
  healthy: 'healthy again',
  stalled: 'stalled',
  'cap-reached': 'failing, kept in by the cap',
  'pool-out': 'no backend left',
  'pool-back': 'some backend is back',
};
