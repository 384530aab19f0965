/** A recorded request in words: why this backend, how each attempt ended, and what the client got. No I/O. */
import type { MappedAttempt, Mapping } from '../../worker/protocol/messages.ts';
import { count, plural } from './format.ts';

/** A reason in a few words for a list, and as a sentence. */
export interface Explained {
  readonly words: string;
  readonly why: string;
}

const REASONS: Record<Mapping['reason'], Explained> = {
  policy: {
    words: 'policy',
    why: "It was this backend's turn according to the pool's policy and weights.",
  },
  affinity: {
    words: 'affinity',
    why: "The client's affinity cookie or address leads to this backend.",
  },
  retry: {
    words: 'retry',
    why: 'An earlier attempt failed, so the request was retried at a backend not yet tried.',
  },
  'fail-open': {
    words: 'fail-open',
    why: 'Every backend of the pool was ejected, and the pool is set to use them anyway (whenUnavailable: fail-open).',
  },
  tier: {
    words: 'backup tier',
    why: 'No backend of a lower tier was available.',
  },
  probe: {
    words: 'probe',
    why: "This backend's ejection had ended, and this request tested whether it works again.",
  },
  fallback: {
    words: 'fallback pool',
    why: 'No backend of the pool was available, so the request went to its fallback pool (whenUnavailable: pool).',
  },
  redirect: {
    words: 'redirect',
    why: 'The route redirects the client to another URL, so no backend was asked.',
  },
  respond: { words: 'fixed response', why: 'The route has a response of its own, so no backend was asked.' },
  unrouted: {
    words: 'no route',
    why: 'No route fits this host and path, so no backend was asked.',
  },
};

/** Why a request went to its backend. A reason that only a newer Worker knows is shown as it is. */
export const explainReason = (reason: Mapping['reason']): Explained =>
  REASONS[reason] ?? { words: reason, why: reason };

const NOT_RETRIED: Record<NonNullable<Mapping['notRetried']>, string> = {
  budget: 'the retry budget was used up: too many of the recent requests had been retried already',
  method: 'its method is not idempotent, so a second attempt might do something twice (retry.nonIdempotent)',
  body: 'its body was too large to keep, or was already on its way (retry.bodyLimitBytes)',
  attempts: 'it had as many attempts as the pool or the route allows (retry.maxRetries)',
  'nobody-left': 'every other backend had been tried or was out',
  time: 'the time of the request was over',
  'client-closed': 'the client had left',
};

/** Why no further attempt followed the last one, which failed; null: it did not fail, or it is not known. */
export const explainNotRetried = ({ notRetried }: Mapping): string | null =>
  notRetried ? (NOT_RETRIED[notRetried] ?? notRetried) : null;

const OUTCOMES: Record<MappedAttempt['outcome'], string> = {
  ok: 'answered',
  'failure-status': 'answered with a failure status',
  'connect-failure': 'connection failed',
  timeout: 'timed out',
  stalled: 'stalled while others answered',
  'client-closed': 'client disconnected',
};

/** How attempts can end, and the label of each: the choices of the filter. */
export const outcomes = Object.entries(OUTCOMES) as [MappedAttempt['outcome'], string][];

/** `answered 200`, `timed out`: how an attempt ended. */
export function describeAttempt({ outcome, status }: Pick<MappedAttempt, 'outcome' | 'status'>): string {
  if (outcome === 'ok') return `answered ${status}`;
  if (outcome === 'failure-status') return `answered ${status}, which counts as a failure`;
  return OUTCOMES[outcome] ?? outcome;
}

const CLIENT_CLOSED = 499;

/** An answer of the balancer's own. */
const ownAnswer = (status: number, attempts: number): string => {
  if (status === CLIENT_CLOSED) return 'The client left before a response';
  return `${status} from the balancer itself, because ${attempts > 0 ? 'every attempt failed' : 'no backend was asked'}`;
};

/** A request's result in one sentence. */
export function describeMapping({ status, backend, attempts, ms }: Mapping): string {
  const answer = backend === null ? ownAnswer(status, attempts.length) : `${status} from ${backend}`;
  const after = attempts.length > 1 ? ` after ${plural(attempts.length, 'attempt')}` : '';
  return `${answer}${after}, in ${count(ms)} ms.`;
}

/** An attempt's place on its request's timeline, as shares from 0 to 1. Attempts follow each other. */
export interface Stretch {
  readonly from: number;
  readonly length: number;
}

/** The stretches of all attempts, in order. */
export function stretches({ attempts, ms }: Pick<Mapping, 'attempts' | 'ms'>): Stretch[] {
  const sum = attempts.reduce((total, attempt) => total + attempt.ms, 0);
  const whole = Math.max(ms, sum, 1);
  let elapsed = 0;
  return attempts.map((attempt) => {
    const from = elapsed / whole;
    elapsed += attempt.ms;
    return { from, length: attempt.ms / whole };
  });
}
