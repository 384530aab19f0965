/** How a backend stands, in words: what the operator asked for and what the balancer found. No I/O. */

import type { BackendConfig } from '../../api/config.ts';
import type { HistoryEvent } from '../../api/events.ts';
import type { BackendStatus } from '../../api/status.ts';
import type { Tone } from '../../components/state.tsx';

/** A drain on its way: since when, when it ends by itself, whether it is done (epoch ms). */
export interface Drain {
  readonly since: number;
  readonly disableAt: number | null;
  readonly safeAt?: number | null;
  readonly safeToRemove: boolean;
  /** In the API's words. */
  readonly why: string;
}

/** What the API tells of a drain; null: none, or an API that does not tell. */
export const drainOf = (status: BackendStatus | undefined): Drain | null =>
  (status as { readonly drain?: Drain | null } | undefined)?.drain ?? null;

/** Whether this API keeps drains with deadlines. */
export const tellsOfDrains = (status: BackendStatus | undefined): boolean =>
  status !== undefined && 'drain' in status;

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
    case 'standby':
      return stands('off', 'standby');
    default:
      // Nothing heard yet, or only of what the operator wanted before.
      return stands('off', 'not heard of yet');
  }
}

/** How a drain is getting on: who is still there. Figures that the API does not know are left out. */
export function progress(status: BackendStatus | undefined): string {
  const { affinityClients: clients = null, openWebSockets: sockets = null } = status ?? {};
  const parts = [
    clients === null ? '' : `${clients} ${clients === 1 ? 'client' : 'clients'}`,
    sockets === null ? '' : `${sockets} ${sockets === 1 ? 'socket' : 'sockets'}`,
  ].filter((part) => part !== '');
  return parts.length > 0 ? `${parts.join(', ')} left` : '';
}

/** Why each backend of a pool was ejected last, by id, in the words of the newest event (events: newest first). */
export function causesOf(events: readonly HistoryEvent[], pool: string): Record<string, string> {
  const causes: Record<string, string> = {};
  for (const event of events)
    if (event.kind === 'ejected' && event.pool === pool) causes[event.backend] ??= event.why;
  return causes;
}
