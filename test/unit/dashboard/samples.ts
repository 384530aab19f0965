/** Pools and statuses that the tests of the dashboard start from. */
import type { BackendConfig, PoolConfig } from '../../../dashboard/api/config.ts';
import type { BackendStatus } from '../../../dashboard/api/status.ts';
import { parse } from '../../../worker/config/check.ts';
import { poolSchema } from '../../../worker/config/schema.ts';
import { describeReceived, noneReceived } from '../../../worker/stats/received.ts';

/** A pool with backends a, b, c, …, of which each has these fields. */
export function poolOf(backends: Partial<BackendConfig>[], more: object = {}): PoolConfig {
  const listed = backends.map((backend, i) => ({ id: 'abcdefghij'[i], url: 'http://x.test', ...backend }));
  const parsed = parse(poolSchema, { id: 'p', backends: listed, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

/** The status of an available backend without traffic, with other fields where `more` has them. */
export const status = (id: string, more: Partial<BackendStatus> = {}): BackendStatus => ({
  id,
  state: 'active',
  weight: 1,
  status: 'available',
  health: {
    ...{ state: 'unknown', since: null, consecutive: 0 },
    ...{ lastCheckAt: null, lastMs: null, lastResult: null },
  },
  requests: 0,
  failures: 0,
  ...describeReceived(noneReceived()),
  consecutiveFailures: 0,
  ejectedUntil: null,
  ejections: 0,
  share: null,
  expectedShare: null,
  latencyMs: { p50: null, p95: null, p99: null },
  openWebSockets: 0,
  affinityClients: 0,
  drain: null,
  ...more,
});
/** The status of a backend that is ejected until 1,000. */
export const ejected = (id: string) =>
  status(id, { status: 'ejected', ejectedUntil: 1_000, expectedShare: 0 });
