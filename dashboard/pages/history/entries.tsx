/** The entries of the timeline: changes of the configuration, ejections, probes and returns of backends, and alerts. */

import {
  ArrowUUpLeftIcon,
  BellIcon,
  GitCommitIcon,
  type Icon as IconType,
  ProhibitIcon,
  PulseIcon,
  TrafficSignIcon,
} from '@phosphor-icons/react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { HistoryEvent } from '../../api/events.ts';
import type { RevisionRow } from '../../api/revisions.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { State, toneText } from '../../components/state.tsx';
import { TimeAndAgo } from '../../components/time-ago.tsx';
import { useNow } from '../../live/use-live.ts';
import { clockWithZone, countdown, exactTime } from '../../model/format.ts';
import {
  type AlertEvent,
  actorInWords,
  type PoolEvent,
  type Repeats,
  type RolloutEvent,
} from '../../model/timeline.ts';

interface RevisionEntryProps {
  readonly row: RevisionRow;
  readonly isKept: boolean;
  readonly isInForce: boolean;
  readonly onOpen: (revision: number) => void;
  readonly onRollBack: (revision: number) => void;
}

/** A change of the configuration, with buttons that open its details and roll back to it. */
export function RevisionEntry({ row, isKept, isInForce, onOpen, onRollBack }: RevisionEntryProps) {
  const { revision, at, who, summary } = row;
  const title = isKept ? (
    <button
      type="button"
      aria-haspopup="dialog"
      className="text-left break-words text-kumo-default underline decoration-kumo-line underline-offset-4 hover:decoration-current"
      onClick={() => onOpen(revision)}
    >
      {summary}
    </button>
  ) : (
    <span className="break-words text-kumo-default">{summary}</span>
  );
  const actions = isKept && !isInForce && (
    <ChangeButton variant="secondary" size="sm" onClick={() => onRollBack(revision)}>
      Roll back to {revision}
    </ChangeButton>
  );
  return (
    <EntryFrame icon={GitCommitIcon} tone="off" title={title} at={at} actions={actions}>
      <span>revision {revision}</span>
      <span>by {actorInWords(who)}</span>
      {isInForce && <State tone="good">in force</State>}
      {!isKept && <span>no longer kept</span>}
    </EntryFrame>
  );
}

type Look = readonly [icon: IconType, tone: 'good' | 'warning' | 'bad' | 'off', word: string];

const LOOK: Record<PoolEvent['kind'], Look> = {
  ejected: [ProhibitIcon, 'bad', 'ejected'],
  probe: [PulseIcon, 'warning', 'probed'],
  'probe-failed': [ProhibitIcon, 'bad', 'probe failed'],
  returned: [ArrowUUpLeftIcon, 'good', 'returned'],
  stalled: [PulseIcon, 'warning', 'stalled'],
  'cap-reached': [ProhibitIcon, 'warning', 'failing, kept in by the cap'],
  'pool-out': [ProhibitIcon, 'bad', 'no backend left'],
  'pool-back': [ArrowUUpLeftIcon, 'good', 'back'],
  unhealthy: [ProhibitIcon, 'bad', 'unhealthy'],
  healthy: [ArrowUUpLeftIcon, 'good', 'healthy again'],
};

const LINK = 'text-kumo-link underline';

/** An ejection, a probe or a return: why, until when, and an example request. */
export function PoolEntry({
  event,
  repeats,
}: {
  readonly event: PoolEvent;
  readonly repeats: Repeats | null;
}) {
  const { kind, at, pool, shard, backend, why, requestId, until, ejections } = event;
  const [icon, tone, word] = LOOK[kind];
  const title = (
    <>
      <span className="text-kumo-default">
        {backend === null || kind === 'pool-out' || kind === 'pool-back' ? 'Pool ' : `${backend} of `}
        <Link to="/pools/$pool" params={{ pool }} className={LINK}>
          {pool}
        </Link>
      </span>
      <State tone={tone}>{word}</State>
    </>
  );
  return (
    <EntryFrame icon={icon} tone={tone} title={title} at={at}>
      <span>{why}</span>
      {until !== null && <Until until={until} />}
      {repeats && (
        <span>
          {repeats.times} times since {clockWithZone(repeats.since)}
        </span>
      )}
      {kind === 'ejected' && ejections > 1 && <span>ejection {ejections} in a row</span>}
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

const LOOKS: Readonly<Record<string, Look>> = { ...LOOK };

/** An event in one line: when, what, why. */
export function EventLine({ event }: { readonly event: HistoryEvent }) {
  if (event.kind === 'config')
    return (
      <>
        <span className="text-kumo-subtle">{clockWithZone(event.at)}</span> revision {event.revision}:{' '}
        {event.what}
      </>
    );
  const [, tone, word] = LOOKS[event.kind] ?? [PulseIcon, 'off', event.kind];
  const { backend = null, why = '' } = event as Partial<PoolEvent>;
  return (
    <span className="flex flex-wrap items-baseline gap-x-3">
      <span className="text-kumo-subtle">{clockWithZone(event.at)}</span>
      {backend !== null && <span>{backend}</span>}
      <State tone={tone}>{word}</State>
      <span className="text-kumo-subtle [overflow-wrap:anywhere]">{why}</span>
    </span>
  );
}

const ALERT_LOOK: Record<AlertEvent['kind'], Look> = {
  'alert-delivered': [BellIcon, 'good', 'delivered'],
  'alert-failed': [BellIcon, 'warning', 'not delivered'],
  'alert-dropped': [BellIcon, 'bad', 'given up'],
};

/** One try to deliver an alert: what about, to which receiver, and how it ended. */
export function AlertEntry({ event }: { readonly event: AlertEvent }) {
  const { kind, at, alert, key, state, why, nextAt } = event;
  const [icon, tone, word] = ALERT_LOOK[kind];
  const title = (
    <>
      <span className="break-all text-kumo-default">
        Alert{' '}
        <Link to="/alerts" className={LINK}>
          {alert}
        </Link>
        : {key} {state}
      </span>
      <State tone={tone}>{word}</State>
    </>
  );
  return (
    <EntryFrame icon={icon} tone={tone} title={title} at={at}>
      <span>{why}</span>
      <span>try {event.try}</span>
      {nextAt !== null && <Until until={nextAt} before="again in" after="was to be tried at" />}
    </EntryFrame>
  );
}

const ROLLOUT_LOOK: Record<RolloutEvent['kind'], Look> = {
  'rollout-started': [TrafficSignIcon, 'warning', 'started'],
  'rollout-step': [TrafficSignIcon, 'warning', 'next step'],
  'rollout-paused': [TrafficSignIcon, 'off', 'paused'],
  'rollout-resumed': [TrafficSignIcon, 'warning', 'resumed'],
  'rollout-done': [TrafficSignIcon, 'good', 'done'],
  'rollout-aborted': [TrafficSignIcon, 'bad', 'aborted'],
};

/** What became of a rollout: where it stands, and why. */
export function RolloutEntry({ event }: { readonly event: RolloutEvent }) {
  const { kind, at, route, to, step, steps, share, who, why } = event;
  const [icon, tone, word] = ROLLOUT_LOOK[kind];
  const title = (
    <>
      <span className="text-kumo-default">
        Rollout of{' '}
        <Link to="/routes" search={{ rollout: route }} className={LINK}>
          {route}
        </Link>{' '}
        to {to}
      </span>
      <State tone={tone}>{word}</State>
    </>
  );
  return (
    <EntryFrame icon={icon} tone={tone} title={title} at={at}>
      <span>
        step {step} of {steps}, {share} %
      </span>
      {why !== '' && <span>{why}</span>}
      <span>by {actorInWords(who)}</span>
    </EntryFrame>
  );
}

interface UntilProps {
  readonly until: number;
  /** Before the time that is left, and before the time when it is over. */
  readonly before?: string;
  readonly after?: string;
}

function Until({ until, before = 'for another', after = 'until' }: UntilProps) {
  const now = useNow();
  return (
    <time dateTime={new Date(until).toISOString()} title={exactTime(until)}>
      {until > now ? `${before} ${countdown(until, now)}` : `${after} ${clockWithZone(until)}`}
    </time>
  );
}

interface EntryFrameProps {
  readonly icon: IconType;
  /** The icon's tone; the words beside it say the same. */
  readonly tone: 'good' | 'warning' | 'bad' | 'off';
  readonly title: ReactNode;
  readonly at: number;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of an entry: an icon, what happened, when, and the actions. */
function EntryFrame({ icon: Icon, tone, title, at, actions, children }: EntryFrameProps) {
  return (
    <div className="grid grid-cols-[1.25rem_minmax(0,1fr)] items-start gap-x-3 sm:grid-cols-[1.25rem_minmax(0,1fr)_auto_13rem] sm:gap-x-4">
      <Icon aria-hidden="true" size={18} className={`mt-0.5 ${toneText(tone)}`} />
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">{title}</div>
      <span className="text-right whitespace-nowrap text-kumo-subtle max-sm:col-start-2 max-sm:text-left sm:col-start-4">
        <TimeAndAgo at={at} />
      </span>
      <div className="col-start-2 flex min-w-0 flex-wrap items-baseline gap-x-3 break-words text-kumo-subtle">
        {children}
      </div>
      {actions && (
        <div className="col-start-2 mt-1 flex gap-2 sm:col-start-3 sm:row-span-2 sm:row-start-1 sm:mt-0 sm:-my-0.5">
          {actions}
        </div>
      )}
    </div>
  );
}
