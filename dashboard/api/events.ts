/** The event history: changes of the configuration, ejections, probes and returns. */
import { queryOptions } from '@tanstack/react-query';
import type { HistoryEvent } from '../../worker/protocol/events.ts';
import { call } from './client.ts';

export type { HistoryEvent } from '../../worker/protocol/events.ts';

/** Newest first. */
export interface EventsAnswer {
  readonly revision: number;
  readonly events: readonly HistoryEvent[];
}

/** As many as the page shows, and the Directory keeps. */
const LIMIT = 1_000;

/** The newest events, newest first. */
export const eventsQuery = queryOptions({
  queryKey: ['events'],
  queryFn: (): Promise<EventsAnswer> => call('GET /events', { query: { limit: LIMIT } }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Puts newer events, oldest first as the live view pushes them, before the known ones. */
export function withEvents(
  known: EventsAnswer | undefined,
  events: readonly HistoryEvent[],
): EventsAnswer | undefined {
  if (!known) return known;
  const newest = known.events[0]?.id ?? 0;
  const fresh = events.filter(({ id }) => id > newest).toReversed();
  return { ...known, events: [...fresh, ...known.events].slice(0, LIMIT) };
}
