/** `/api/metrics`: every pool and backend in the Prometheus text format, summed over shards. */
import type { Context } from 'hono';
import type { PoolConfig } from '../../config/schema.ts';
import { UNROUTED_POOL } from '../../config/unrouted.ts';
import { FAILURE_KINDS, type ShardMetrics, type Totals } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { HEALTH_STATES } from '../../stats/health.ts';
import { type PoolStatus, poolStatus, type StatusContext } from '../../stats/pool-status.ts';
import {
  describeReceived,
  RETRY_REFUSALS,
  type Received,
  sumReceived,
  sumRoutes,
} from '../../stats/received.ts';
import { LATENCY_BOUNDS_MS, sumTotals } from '../../stats/totals.ts';
import type { ApiEnv } from '../auth/access.ts';
import { readConfig, statusContext } from '../directory.ts';
import { operation } from '../http/operation.ts';
import { shardObjects } from '../shards.ts';
import { VERSION } from '../version.ts';
import { type Family, histogram, OPEN_METRICS_TYPE, render, type Sample, TEXT_TYPE } from './prometheus.ts';

/** The operation of the metrics. */
export const metricsApi = [
  operation(
    'GET /metrics',
    { summary: 'Prometheus text format; OpenMetrics where Accept asks for it', answer: 'text/plain' },
    async (c) => {
      const known = await readConfig(c);
      const { revision, config } = known;
      // A shard that does not answer fails the scrape: a sum without it would look like a counter that went back.
      const { status: unpooled } = await poolObject(c.env, UNROUTED_POOL, '0').metrics();
      const pools = await Promise.all(config.pools.map((pool) => readPool(c, pool, statusContext(c, known))));
      const ids = config.routes.map(({ id }) => id);
      const statuses = [unpooled, ...pools.flatMap(({ shards }) => shards.map(({ status }) => status))];
      const byRoute = sumRoutes(
        statuses.flatMap((status) => status.routes ?? []),
        ids,
      );
      const received = sumReceived(statuses.map((status) => status.received));
      const routes = ids.map((id, i): [string, Received] => [id, byRoute.routes[i]!]);
      const openMetrics = (c.req.header('accept') ?? '').includes('application/openmetrics-text');
      const text = render(
        [...general(revision), ...families(pools), ...receivedFamilies(pools, routes, received)],
        openMetrics,
      );
      return c.body(text, 200, { 'content-type': openMetrics ? OPEN_METRICS_TYPE : TEXT_TYPE });
    },
  ),
] as const;

interface Read {
  readonly pool: PoolConfig;
  readonly status: PoolStatus;
  readonly shards: readonly ShardMetrics[];
  /** In the order of the pool's backends. */
  readonly totals: readonly Totals[];
}

async function readPool(c: Context<ApiEnv>, pool: PoolConfig, context: StatusContext): Promise<Read> {
  const shards = await Promise.all((await shardObjects(c, pool.id)).map((stub) => stub.metrics()));
  const status = poolStatus(
    pool,
    shards.map((shard) => shard.status),
    context,
  );
  const of = (id: string) => shards.flatMap(({ totals }) => totals.filter((row) => row[0] === id));
  return {
    pool,
    status,
    shards,
    totals: pool.backends.map(({ id }) => sumTotals(of(id).map((row) => row[1]))),
  };
}

const general = (revision: number): Family[] => [
  {
    name: 'evenkeel_build',
    type: 'info',
    help: 'The version that answers.',
    samples: [{ labels: { version: VERSION }, value: 1 }],
  },
  {
    name: 'evenkeel_config_revision',
    type: 'gauge',
    help: 'The revision of the configuration.',
    samples: [{ labels: {}, value: revision }],
  },
];

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const STATES = ['active', 'draining', 'disabled'];
const STATUSES = ['available', 'failing', 'ejected', 'unhealthy', 'draining', 'disabled', 'standby'];
const HEALTH = ['healthy', 'unhealthy', 'unknown'];

const counter = (name: string, help: string, samples: Sample[]): Family => ({
  name: `evenkeel_${name}`,
  type: 'counter',
  help,
  samples,
});
const gauge = (name: string, help: string, samples: Sample[]): Family => ({
  name: `evenkeel_${name}`,
  type: 'gauge',
  help,
  samples,
});

/** The statuses of our own responses that are there from the start, so that their first ones are an increase. */
const NO_OWN: Readonly<Record<string, number>> = { 404: 0, 413: 0, 502: 0, 503: 0, 504: 0, 508: 0 };

/** What clients received: by pool, by backend and by route; `received` is the sum of all. */
function receivedFamilies(
  pools: readonly Read[],
  routes: readonly (readonly [string, Received])[],
  received: Received,
): Family[] {
  type Counts = Pick<PoolStatus, 'responses'>;
  const byClass = (labels: Sample['labels'], { responses }: Counts): Sample[] =>
    CLASSES.map((name) => ({ labels: { ...labels, class: name }, value: responses[name] }));
  const perPool = (value: (status: PoolStatus) => number): Sample[] =>
    pools.map(({ pool, status }) => ({ labels: { pool: pool.id }, value: value(status) }));
  return [
    counter(
      'client_responses',
      'Responses that clients received, by class of status, the balancer’s own included.',
      pools.flatMap(({ pool, status }) => byClass({ pool: pool.id }, status)),
    ),
    counter(
      'backend_responses',
      'Responses of the backend that clients received, by class of status.',
      pools.flatMap(({ pool, status }) =>
        status.backends.flatMap((backend) => byClass({ pool: pool.id, backend: backend.id }, backend)),
      ),
    ),
    counter(
      'route_responses',
      'Responses that clients of the route received, by class of status.',
      routes.flatMap(([route, own]) => byClass({ route }, describeReceived(own))),
    ),
    counter(
      'own_responses',
      'Responses that the balancer gave itself, by status; 404: no route fitted.',
      Object.entries({ ...NO_OWN, ...received.own }).map(([status, value]) => ({
        labels: { status },
        value,
      })),
    ),
    counter(
      'clients_closed',
      'Clients that left before their response.',
      perPool(({ clientClosed }) => clientClosed),
    ),
    counter(
      'saved_by_retry',
      'Requests that failed at first and got a response from another backend.',
      perPool(({ savedByRetry }) => savedByRetry),
    ),
    counter(
      'retries_refused',
      'Failed attempts that no other one followed, by the reason.',
      pools.flatMap(({ pool, status }) =>
        RETRY_REFUSALS.map((reason) => ({
          labels: { pool: pool.id, reason },
          value: status.retriesRefused[reason],
        })),
      ),
    ),
    counter(
      'received_bytes',
      'Bytes of clients’ requests whose length is known.',
      perPool(({ bytesIn }) => bytesIn),
    ),
    counter(
      'sent_bytes',
      'Bytes of backends’ responses whose length is known.',
      perPool(({ bytesOut }) => bytesOut),
    ),
    gauge(
      'pool_health',
      'The health of the pool: 1 for the current state.',
      pools.flatMap(({ pool, status }) =>
        HEALTH_STATES.map((state) => ({
          labels: { pool: pool.id, state },
          value: Number(status.health.state === state),
        })),
      ),
    ),
  ];
}

function families(pools: readonly Read[]): Family[] {
  type Row = {
    labels: { pool: string; backend: string };
    totals: Totals;
    at: PoolStatus['backends'][number];
  };
  const rows = pools.flatMap(({ pool, status, totals }) =>
    status.backends.map((at, i): Row => {
      return { labels: { pool: pool.id, backend: at.id }, totals: totals[i]!, at };
    }),
  );
  const each = (value: (row: Row) => number): Sample[] =>
    rows.map((row) => ({ labels: row.labels, value: value(row) }));
  const by = (label: string, keys: readonly string[], value: (row: Row, key: string) => number): Sample[] =>
    rows.flatMap((row) =>
      keys.map((key) => ({ labels: { ...row.labels, [label]: key }, value: value(row, key) })),
    );
  const perPool = (value: (shard: ShardMetrics) => number): Sample[] =>
    pools.map(({ pool, shards }) => ({
      labels: { pool: pool.id },
      value: shards.reduce((sum, shard) => sum + value(shard), 0),
    }));
  return [
    counter(
      'requests',
      'Attempts sent to the backend, retries included.',
      each(({ totals }) => totals.requests),
    ),
    counter(
      'retries',
      'Attempts that the backend got because another had failed the request.',
      each(({ totals }) => totals.retries),
    ),
    counter(
      'failures',
      'Attempts that counted against the backend, by kind.',
      by('kind', FAILURE_KINDS, ({ totals }, kind) => totals.failures[kind as 'timeout']),
    ),
    counter(
      'responses',
      'Responses of the backend, by class of status.',
      by('class', CLASSES, ({ totals }, key) => totals.responses[CLASSES.indexOf(key as '2xx')]!),
    ),
    counter(
      'ejections',
      'How often the backend was ejected.',
      each(({ totals }) => totals.ejections),
    ),
    {
      name: 'evenkeel_response_time_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time from sending an attempt to the headers of its response; attempts without one are not counted.',
      samples: rows.flatMap(({ labels, totals }) =>
        histogram(
          labels,
          LATENCY_BOUNDS_MS.map((ms) => ms / 1_000),
          totals.latency,
          totals.latencySumMs / 1_000,
        ),
      ),
    },
    gauge(
      'backend_weight',
      'The configured weight.',
      each(({ at }) => at.weight),
    ),
    gauge(
      'backend_expected_share_ratio',
      'The share of first attempts that the weights in force give the backend, 0 to 1.',
      each(({ at }) => at.expectedShare ?? 0),
    ),
    gauge(
      'backend_state',
      'What the operator set: 1 for the current state.',
      by('state', STATES, ({ at }, state) => Number(at.state === state)),
    ),
    gauge(
      'backend_status',
      'What applies now: 1 for the current status.',
      by('status', STATUSES, ({ at }, status) => Number(at.status === status)),
    ),
    gauge(
      'backend_health',
      'What health checks say: 1 for the current state; unknown without checks.',
      by('state', HEALTH, ({ at }, state) => Number(at.health.state === state)),
    ),
    gauge(
      'backend_consecutive_failures',
      'Failures in a row.',
      each(({ at }) => at.consecutiveFailures),
    ),
    gauge(
      'backend_affinity_clients',
      'Clients with affinity to the backend that were seen recently, at least.',
      each(({ at }) => at.affinityClients),
    ),
    gauge(
      'backend_open_websockets',
      'WebSockets through the backend that may be open, at most: when one ends is not known.',
      each(({ at }) => at.openWebSockets),
    ),
    gauge(
      'backend_safe_to_remove',
      '1 for a draining backend without clients for long enough.',
      each(({ at }) => Number(at.drain?.safeToRemove ?? false)),
    ),
    counter(
      'object_calls',
      'Calls of the pool’s Durable Objects for leases and reports since they started.',
      perPool(({ status }) => status.objectCalls),
    ),
    counter(
      'storage_rows_written',
      'Rows that the pool’s Durable Objects have written since they started.',
      perPool(({ status }) => status.rowsWritten),
    ),
    counter(
      'records_dropped',
      'Outcomes that were dropped because the pool’s Durable Object did not answer for too long.',
      perPool(({ status }) => status.dropped),
    ),
  ];
}
