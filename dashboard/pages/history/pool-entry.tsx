/** An ejection, a probe or a return on the time line: of whom, why, until when, and the request that tipped it. */
import { ArrowUUpLeftIcon, type Icon, ProhibitIcon, PulseIcon } from '@phosphor-icons/react';
import { Link } from '@tanstack/react-router';
import { State } from '../../components/state.tsx';
import { useNow } from '../../live/use-live.ts';
import { clock, countdown, exactTime } from '../../model/format.ts';
import type { PoolEvent } from '../../model/timeline.ts';
import { EntryFrame } from './entry-frame.tsx';

type Look = readonly [Sign: Icon, tone: 'good' | 'warning' | 'bad', word: string];

const LOOK: Record<PoolEvent['kind'], Look> = {
  ejected: [ProhibitIcon, 'bad', 'ejected'],
  probe: [PulseIcon, 'warning', 'probed'],
  'probe-failed': [ProhibitIcon, 'bad', 'probe failed'],
  returned: [ArrowUUpLeftIcon, 'good', 'returned'],
  stalled: [PulseIcon, 'warning', 'stalled'],
  'cap-reached': [ProhibitIcon, 'warning', 'failing, kept in by the cap'],
  'pool-out': [ProhibitIcon, 'bad', 'no backend left'],
  'pool-back': [ArrowUUpLeftIcon, 'good', 'back'],
};

const LINK = 'text-kumo-link underline';

/** The entry. */
export function PoolEntry({ event }: { readonly event: PoolEvent }) {
  const { kind, at, pool, shard, backend, why, requestId, until, ejections } = event;
  const [Sign, tone, word] = LOOK[kind];
  const title = (
    <>
      <span className="text-kumo-default">
        {backend !== null && kind !== 'pool-out' && kind !== 'pool-back' ? `${backend} of ` : 'Pool '}
        <Link to="/pools/$pool" params={{ pool }} className={LINK}>
          {pool}
        </Link>
      </span>
      <State tone={tone}>{word}</State>
    </>
  );
  return (
    <EntryFrame Sign={Sign} tone={tone} title={title} at={at}>
      <span>{why}</span>
      {until !== null && <Until until={until} />}
      {(kind === 'ejected' || kind === 'probe-failed') && ejections > 1 && (
        <span>ejection {ejections} in a row</span>
      )}
      {shard !== '0' && <span>shard {shard}</span>}
      {requestId !== null && (
        <Link
          to="/requests"
          search={{ pool, id: requestId }}
          className={LINK}
          title={`Request ${requestId}`}
          aria-label={`Example request ${requestId}`}
        >
          example request
        </Link>
      )}
    </EntryFrame>
  );
}

function Until({ until }: { readonly until: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(until).toISOString()} title={exactTime(until)}>
      {until > now ? `for another ${countdown(until, now)}` : `until ${clock(until).slice(0, 8)}`}
    </time>
  );
}
