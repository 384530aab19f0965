/** A recorded request in words: why this backend, how each attempt ended, what the client got. No I/O. */
import type { MappedAttempt, Mapping, Reason } from '../../worker/objects/protocol.ts';
import { count, plural } from './format.ts';

/** A reason as a few words for a list, and as a sentence that explains it. */
export interface Explained {
  readonly words: string;
  readonly why: string;
}

const REASONS: Record<Reason, Explained> = {
  policy: {
    words: 'by policy',
    why: "It was this backend's turn by the pool's policy and the weights.",
  },
  affinity: {
    words: 'by affinity',
    why: 'This client belongs to this backend: by its affinity cookie, or by its address.',
  },
  retry: {
    words: 'retried',
    why: 'A backend asked before failed, so the request went on to one not yet tried.',
  },
  'fail-open': {
    words: 'fail-open',
    why: 'Every backend of the pool was ejected; the pool is set to ask one all the same (whenUnavailable: fail-open).',
  },
  tier: {
    words: 'backup tier',
    why: 'No backend of a lower tier was available, so a higher tier stood in.',
  },
  probe: {
    words: 'probe',
    why: "This backend's ejection was over; this one request tried whether it works again.",
  },
  fallback: {
    words: 'fallback pool',
    why: 'Nobody in the pool could be asked, so the request went to the pool that stands in (whenUnavailable: pool).',
  },
};

/** Why a request went where it went. A reason that a newer Worker may tell is shown as it comes. */
export const explainReason = (reason: Reason): Explained => REASONS[reason] ?? { words: reason, why: reason };

const OUTCOMES: Record<MappedAttempt['outcome'], string> = {
  ok: 'answered',
  'failure-status': 'answered with a failure status',
  'connect-failure': 'could not be reached',
  timeout: 'timed out',
  stalled: 'stalled while others answered',
  'client-closed': 'the client went away',
};

/** How attempts can end, and what it is called: the choices of the filter. */
export const outcomes = Object.entries(OUTCOMES) as [MappedAttempt['outcome'], string][];

/** `answered 200`, `timed out`: how an attempt ended. */
export function describeAttempt({ outcome, status }: MappedAttempt): string {
  if (outcome === 'ok') return `answered ${status}`;
  if (outcome === 'failure-status') return `answered ${status}, which counts as a failure`;
  return OUTCOMES[outcome] ?? outcome;
}

/** What became of a request, in one sentence. */
export function describeMapping({ status, backend, attempts, ms }: Mapping): string {
  const answer = backend === null ? `${status}, for no backend answered` : `${status} from ${backend}`;
  const after = attempts.length > 1 ? ` after ${plural(attempts.length, 'attempt')}` : '';
  return `${answer}${after}, in ${count(ms)} ms.`;
}

/** Where an attempt lies on the time line of its request, as shares from 0 to 1: they follow each other. */
export interface Stretch {
  readonly from: number;
  readonly length: number;
}

/** The stretches of all attempts, in order. */
export function stretches({ attempts, ms }: Pick<Mapping, 'attempts' | 'ms'>): Stretch[] {
  const sum = attempts.reduce((total, attempt) => total + attempt.ms, 0);
  const whole = Math.max(ms, sum, 1);
  let passed = 0;
  return attempts.map((attempt) => {
    const from = passed / whole;
    passed += attempt.ms;
    return { from, length: attempt.ms / whole };
  });
}
