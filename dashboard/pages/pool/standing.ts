/** A backend's state in words: the operator's setting and the balancer's verdict. No I/O. */

import type { BackendConfig } from '../../api/config.ts';
import type { HistoryEvent } from '../../api/events.ts';
import type { BackendStatus } from '../../api/status.ts';
import type { Tone } from '../../components/state.tsx';
import { countdown } from '../../model/format.ts';

/** The verdict as a word with its colour, and the operator's setting. */
export interface Standing {
  readonly tone: Tone;
  readonly word: string;
  readonly intent: string;
  /** When the ejection ends, epoch ms; a draining or disabled backend can be ejected too. */
  readonly ejectedUntil: number | null;
}

/** The setting is the document's and known at once; the verdict arrives with the next status. */
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
    case 'unhealthy':
      return stands('bad', 'unhealthy');
    case 'failing':
      return stands('bad', 'failing');
    case 'standby':
      return stands('off', 'standby');
    default:
      // No status yet, or one from before the operator's change.
      return stands('off', 'waiting for data');
  }
}

const left = (n: number, one: string): string => (n === 0 ? '' : `${n} ${n === 1 ? one : `${one}s`}`);

/** The progress of a drain: clients and sockets left, or when it will be safe to remove the backend (`now`: epoch ms). */
export function progress(status: BackendStatus | undefined, now: number): string {
  if (!status?.drain) return 'no new clients';
  const { affinityClients, openWebSockets, drain } = status;
  if (drain.safeToRemove) return 'safe to remove';
  const remaining = [left(affinityClients, 'client'), left(openWebSockets, 'socket')].filter(
    (part) => part !== '',
  );
  if (remaining.length > 0) return `${remaining.join(', ')} left`;
  return drain.safeAt === null ? 'no new clients' : `safe to remove in ${countdown(drain.safeAt, now)}`;
}

const CAUSES: ReadonlySet<HistoryEvent['kind']> = new Set(['ejected', 'probe-failed', 'cap-reached']);

/** Why each backend of a pool was last ejected, by id (events: newest first). */
export function causesOf(events: readonly HistoryEvent[], pool: string): Record<string, string> {
  const causes: Record<string, string> = {};
  for (const event of events)
    if (CAUSES.has(event.kind) && 'pool' in event && event.pool === pool && event.backend !== null)
      causes[event.backend] ??= event.why;
  return causes;
}
