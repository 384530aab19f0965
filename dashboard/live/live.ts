/** The live view's messages on their way into the query cache, and polling while there are none. */
import type { QueryClient } from '@tanstack/react-query';
import type { HistoryEvent } from '../../worker/objects/events.ts';
import type { Mapping } from '../../worker/objects/protocol.ts';
import { configQuery, type Revised } from '../api/config.ts';
import { type EventsAnswer, eventsQuery, withEvents } from '../api/events.ts';
import { tail } from '../api/requests.ts';
import { sessionQuery } from '../api/session.ts';
import { type PoolStatus, type Pulses, pulsesQuery, withStatuses } from '../api/status.ts';
import { clock } from './clock.ts';
import { LiveConnection } from './connection.ts';

const POLL_MS = 2_000;

type Message =
  | { readonly type: 'revision'; readonly revision: number }
  | { readonly type: 'status'; readonly statuses: readonly PoolStatus[] }
  | { readonly type: 'events'; readonly events: readonly HistoryEvent[] }
  | { readonly type: 'mappings'; readonly mappings: readonly Mapping[] };

/** Starts it for as long as somebody is signed in. Returns the connection, and what ends it. */
export function startLive(queries: QueryClient): { connection: LiveConnection; stop: () => void } {
  const connection = new LiveConnection({
    message: (text) => take(queries, JSON.parse(text) as Message),
    opened: () => void catchUp(queries),
    lost: () => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
  const poller = window.setInterval(() => {
    if (connection.snapshot().phase === 'polling') void poll(queries, connection);
  }, POLL_MS);
  connection.start();
  return {
    connection,
    stop: () => {
      window.clearInterval(poller);
      connection.stop();
    },
  };
}

function take(queries: QueryClient, message: Message): void {
  switch (message.type) {
    case 'revision':
      noteRevision(queries, message.revision);
      return;
    case 'status':
      queries.setQueryData<Pulses>(pulsesQuery.queryKey, (known) =>
        withStatuses(known ?? {}, message.statuses),
      );
      clock.beat();
      return;
    case 'events':
      queries.setQueryData<EventsAnswer>(eventsQuery.queryKey, (known) => withEvents(known, message.events));
      if (message.events.some(({ kind }) => kind !== 'config')) refreshSeries(queries);
      return;
    case 'mappings':
      tail.add(message.mappings);
  }
}

/** What failed stands beside the ejection at once, not with the next of the series' own steps. */
const refreshSeries = (queries: QueryClient): void =>
  void queries.invalidateQueries({ queryKey: ['series'] }, { cancelRefetch: false });

/** A change made anywhere: whoever shows the document reads it again. */
function noteRevision(queries: QueryClient, revision: number): void {
  const known = queries.getQueryData<Revised>(configQuery.queryKey);
  if (known && known.revision >= revision) return;
  void queries.invalidateQueries({ queryKey: configQuery.queryKey });
  void queries.invalidateQueries({ queryKey: ['revisions'] });
}

/** What was missed while nobody told. */
async function catchUp(queries: QueryClient): Promise<void> {
  await Promise.all(
    [configQuery.queryKey, pulsesQuery.queryKey, eventsQuery.queryKey, ['revisions'], ['series']].map(
      (queryKey) => queries.invalidateQueries({ queryKey }),
    ),
  );
}

async function poll(queries: QueryClient, connection: LiveConnection): Promise<void> {
  try {
    await Promise.all([
      queries.fetchQuery({ ...pulsesQuery, staleTime: 0 }),
      queries.fetchQuery({ ...configQuery, staleTime: 0 }),
      queries.invalidateQueries({ queryKey: eventsQuery.queryKey }),
    ]);
    tail.askAgain();
    connection.heard();
  } catch {
    // Still away: the page says since when.
  }
}
