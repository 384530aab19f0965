/** How a backend stands, in words: what the operator asked for and what the balancer found. No I/O. */

import type { BackendConfig } from '../../api/config.ts';
import type { HistoryEvent } from '../../api/events.ts';
import type { BackendStatus } from '../../api/status.ts';
import type { Tone } from '../../components/state.tsx';
import { countdown } from '../../model/format.ts';

/** The verdict in a word with its colour, and the intent in a few. */
export interface Standing {
  readonly tone: Tone;
  readonly word: string;
  readonly intent: string;
  /** The end of an ejection, epoch ms. It is told whatever the intent: both facts are true. */
  readonly ejectedUntil: number | null;
}

/** The intent is the document's and known at once; the verdict comes with the next status. */
export function standingOf(backend: BackendConfig, status: BackendStatus | undefined): Standing {
  const ejectedUntil = status?.ejectedUntil ?? null;
  const intent = backend.tier > 0 ? `${backend.state}, tier ${backend.tier}` : backend.state;
  const stands = (tone: Tone, word: string): Standing => ({ tone, word, intent, ejectedUntil });
  if (backend.state === 'draining') return stands('warning', 'draining');
  if (backend.state === 'disabled') return stands('off', 'disabled');
  if (backend.weight === 0) return stands('off', 'no new requests');
  switch (status?.status) {
    case 'available':
      return stands('good', 'available');
    case 'ejected':
      return stands('bad', 'ejected');
    case 'failing':
      return stands('bad', 'failing');
    case 'standby':
      return stands('off', 'standby');
    default:
      // Nothing heard yet, or only of what the operator wanted before.
      return stands('off', 'not heard of yet');
  }
}

const left = (n: number, one: string): string => (n === 0 ? '' : `${n} ${n === 1 ? one : `${one}s`}`);

/** How a drain is getting on: who is still there, or when nobody will have been for long enough (`now`: epoch ms). */
export function progress(status: BackendStatus | undefined, now: number): string {
  if (!status?.drain) return 'no new clients';
  const { affinityClients, openWebSockets, drain } = status;
  if (drain.safeToRemove) return 'safe to remove';
  const here = [left(affinityClients, 'client'), left(openWebSockets, 'socket')].filter(
    (part) => part !== '',
  );
  if (here.length > 0) return `${here.join(', ')} left`;
  return drain.safeAt === null ? 'no new clients' : `safe to remove in ${countdown(drain.safeAt, now)}`;
}

const CAUSES: ReadonlySet<HistoryEvent['kind']> = new Set(['ejected', 'probe-failed', 'cap-reached']);

/** Why each backend of a pool was ejected last, by id, in the words of the newest event (events: newest first). */
export function causesOf(events: readonly HistoryEvent[], pool: string): Record<string, string> {
  const causes: Record<string, string> = {};
  for (const event of events)
    if (CAUSES.has(event.kind) && 'pool' in event && event.pool === pool && event.backend !== null)
      causes[event.backend] ??= event.why;
  return causes;
}
