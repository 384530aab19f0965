/** Puts the live view's messages into the query cache, and polls while the connection is lost. */
import type { QueryClient } from '@tanstack/react-query';
import type { HistoryEvent } from '../../worker/protocol/events.ts';
import type { Mapping } from '../../worker/protocol/messages.ts';
import { configQuery, type Revised } from '../api/config.ts';
import { type EventsAnswer, eventsQuery, withEvents } from '../api/events.ts';
import { tail } from '../api/requests.ts';
import { sessionQuery } from '../api/session.ts';
import {
  type PoolSamples,
  type PoolStatus,
  poolSamplesQuery,
  withoutOldSamples,
  withStatuses,
} from '../api/status.ts';
import { startClock, tickWithFigures } from './clock.ts';
import { LiveConnection } from './connection.ts';

const POLL_MS = 2_000;

type Message =
  | { readonly type: 'revision'; readonly revision: number }
  | { readonly type: 'status'; readonly statuses: readonly PoolStatus[] }
  | { readonly type: 'events'; readonly events: readonly HistoryEvent[] }
  | { readonly type: 'mappings'; readonly mappings: readonly Mapping[] };

/** Starts the live view for a signed-in session. Returns the connection and the function that ends it. */
export function startLive(queries: QueryClient): { connection: LiveConnection; stop: () => void } {
  const connection = new LiveConnection({
    message: (text) => take(queries, JSON.parse(text) as Message),
    opened: () => void catchUp(queries),
    lost: () => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
  const poller = window.setInterval(() => {
    if (connection.state.get().phase === 'polling') void poll(queries, connection);
  }, POLL_MS);
  const stopClock = startClock();
  connection.start();
  return {
    connection,
    stop: () => {
      window.clearInterval(poller);
      connection.stop();
      stopClock();
    },
  };
}

function take(queries: QueryClient, message: Message): void {
  switch (message.type) {
    case 'revision':
      noteRevision(queries, message.revision);
      return;
    case 'status':
      queries.setQueryData<PoolSamples>(poolSamplesQuery.queryKey, (known) =>
        withStatuses(known ?? {}, message.statuses),
      );
      tickWithFigures();
      return;
    case 'events':
      queries.setQueryData<EventsAnswer>(eventsQuery.queryKey, (known) => withEvents(known, message.events));
      if (message.events.some(({ kind }) => kind !== 'config')) refreshSeries(queries);
      return;
    case 'mappings':
      tail.add(message.mappings);
  }
}

/** Shows the failures together with the ejection, rather than at the next interval of the series. */
const refreshSeries = (queries: QueryClient): void =>
  void Promise.all(
    [['series'], ['incidents']].map((queryKey) =>
      queries.invalidateQueries({ queryKey }, { cancelRefetch: false }),
    ),
  );

/** The configuration has changed: every page that shows it fetches it again. */
function noteRevision(queries: QueryClient, revision: number): void {
  const known = queries.getQueryData<Revised>(configQuery.queryKey);
  if (known && known.revision >= revision) return;
  void queries.invalidateQueries({ queryKey: configQuery.queryKey });
  void queries.invalidateQueries({ queryKey: ['revisions'] });
}

/** Fetches what was missed while the connection was lost. */
async function catchUp(queries: QueryClient): Promise<void> {
  // A rate must not count in ten seconds what came during a longer silence.
  queries.setQueryData<PoolSamples>(poolSamplesQuery.queryKey, (known) => known && withoutOldSamples(known));
  await Promise.all(
    [
      configQuery.queryKey,
      poolSamplesQuery.queryKey,
      eventsQuery.queryKey,
      ['revisions'],
      ['series'],
      ['incidents'],
    ].map((queryKey) => queries.invalidateQueries({ queryKey })),
  );
}

async function poll(queries: QueryClient, connection: LiveConnection): Promise<void> {
  try {
    await Promise.all([
      queries.fetchQuery({ ...poolSamplesQuery, staleTime: 0 }),
      queries.fetchQuery({ ...configQuery, staleTime: 0 }),
      queries.invalidateQueries({ queryKey: eventsQuery.queryKey }),
    ]);
    tail.askAgain();
    connection.heard();
  } catch {
    // Still unreachable: the page shows since when.
  }
}
