/** A pool's status: the counters of its shards, summed, beside what the operator configured. No I/O. */
import { eligible, standing, type Verdict } from '../balance/available.ts';
import type { PoolConfig } from '../config/schema.ts';
import { STALE_EJECTION_MS } from '../lib/timing.ts';
import type { BackendStatus, ShardStatus } from '../protocol/messages.ts';
import { laterShards, ONE_SHARD, shardingInForce } from '../protocol/sharding.ts';
import type { BackendHealth, PoolStatus } from '../protocol/traffic-schemas.ts';
import { type Drain, type DrainTimes, drainStatus } from './drain.ts';
import { HEALTH_STATES, type HealthState, poolHealth, sumCounted } from './health.ts';
import { quantile } from './latency.ts';
import { describeReceived, sumReceived } from './received.ts';

export type { PoolStatus };

/** What a status is computed with, besides the pool and its shards. */
export interface StatusContext {
  readonly revision: number;
  /** Every draining backend; those of other pools are ignored. */
  readonly drains: readonly Drain[];
  readonly times: DrainTimes;
  /** Whether every existing shard has answered. */
  readonly complete: boolean;
}

/** Sums the shards. `share` and `expectedShare` are from 0 to 1; null where there is nothing to compute them from. */
export function poolStatus(
  pool: PoolConfig,
  shards: readonly ShardStatus[],
  context: StatusContext,
): PoolStatus {
  const { revision, drains, times, complete } = context;
  const now = Date.now();
  const of = (id: string) => shards.flatMap((shard) => shard.backends.filter((backend) => backend.id === id));
  const sum = (rows: readonly BackendStatus[], value: (row: BackendStatus) => number) =>
    rows.reduce((a, row) => a + value(row), 0);
  const max = (rows: readonly BackendStatus[], value: (row: BackendStatus) => number) =>
    rows.reduce((a, row) => Math.max(a, value(row)), 0);
  const rows = pool.backends.map((backend) => of(backend.id));
  // A shard that is no longer in use still has its counters in the sums; its verdicts no longer count.
  const auto = shards.reduce((known, { shards: heard }) => laterShards(known, heard), ONE_SHARD);
  const sharding = shardingInForce(pool.sharding, auto);
  const shardsInUse = sharding === 'region' ? null : sharding === 'none' ? 1 : sharding;
  const inUse = shards.filter(({ shard }) => isInUse(sharding, shard));
  const current = pool.backends.map(({ id }) => withoutStaleEjections(inUse, id));
  const ejectedUntil = current.map((row) => max(row, (r) => r.ejectedUntil));
  const healths = current.map(mergeHealth);
  const verdictOf = (i: number): Verdict => {
    if (healths[i]!.state === 'unhealthy') return 'unhealthy';
    return ejectedUntil[i] !== 0
      ? 'ejected'
      : current[i]!.some((row) => row.failing)
        ? 'failing'
        : 'available';
  };
  const set = eligible(pool.backends, verdictOf, pool.whenUnavailable === 'fail-open');
  const weights = pool.backends.map((backend, i) =>
    set.indices.includes(i) ? max(current[i]!, (r) => r.weightInForce) || backend.weight : 0,
  );
  const totalWeight = weights.reduce((a, b) => a + b, 0);
  const totalPicks = sum(current.flat(), (r) => r.picks);
  const backends = pool.backends.map((backend, i) => {
    const row = rows[i]!;
    const latency = row.reduce<number[]>((a, r) => r.latency.map((count, k) => count + (a[k] ?? 0)), []);
    const verdict = standing(backend, verdictOf(i));
    const usable = verdict === 'available' && set.indices.includes(i);
    // Distinct per shard: a client that two shards saw counts twice.
    const affinityClients = sum(row, (r) => r.affinityClients ?? 0);
    const openWebSockets = sum(row, (r) => r.openWebSockets ?? 0);
    const lastClientAt = max(row, (r) => r.lastClientAt ?? 0);
    const lastWebSocketAt = max(row, (r) => r.lastWebSocketAt ?? 0);
    const observed = { affinityClients, openWebSockets, lastClientAt, lastWebSocketAt, complete };
    const drain = drains.find((one) => one.pool === pool.id && one.backend === backend.id);
    return {
      id: backend.id,
      state: backend.state,
      weight: backend.weight,
      status: verdict === 'weight-0' || (verdict === 'available' && !usable) ? ('standby' as const) : verdict,
      health: healths[i]!,
      requests: sum(row, (r) => r.requests),
      failures: sum(row, (r) => r.failures),
      consecutiveFailures: max(current[i]!, (r) => r.consecutiveFailures),
      ejectedUntil: ejectedUntil[i] || null,
      ejections: max(current[i]!, (r) => r.ejections),
      share: totalPicks > 0 ? sum(current[i]!, (r) => r.picks) / totalPicks : null,
      expectedShare: totalWeight > 0 ? weights[i]! / totalWeight : null,
      ...describeReceived(sumReceived(row.map((r) => r.received))),
      latencyMs: percentilesOf(latency),
      openWebSockets,
      affinityClients,
      drain: drain ? drainStatus(drain, observed, times, now) : null,
    };
  });
  const cost = shards.map(({ shard, dropped, objectCalls, rowsWritten, livePushes = 0 }) => ({
    shard,
    dropped,
    objectCalls,
    rowsWritten,
    livePushes,
  }));
  const all = rows.flat().reduce<number[]>((a, r) => r.latency.map((count, k) => count + (a[k] ?? 0)), []);
  const verdict = poolHealth({
    backends: pool.backends,
    standings: backends.map(({ status }, i) =>
      status === 'standby' ? (pool.backends[i]!.weight === 0 ? 'weight-0' : 'standby') : status,
    ),
    mode: set.mode,
    latencies: pool.backends.map(({ id }) =>
      sumCounts(inUse.map(({ recent }) => recent?.latencies[id] ?? {})),
    ),
    lately: sumCounted(inUse.flatMap(({ recent }) => recent?.lately ?? [])),
    minute: sumCounted(inUse.flatMap(({ recent }) => recent?.minute ?? [])),
  });
  const { state, why } = verdict;
  return {
    pool: pool.id,
    revision,
    at: now,
    health: { state, since: sinceOf(state, inUse, now), why },
    ...describeReceived(sumReceived(shards.map(({ received }) => received))),
    latencyMs: percentilesOf(all),
    mirrored: shards.reduce((sum, shard) => sum + (shard.mirrored ?? 0), 0),
    backends,
    shardsInUse,
    shards: cost,
  };
}

const percentilesOf = (counts: readonly number[]) => ({
  p50: quantile(counts, 0.5),
  p95: quantile(counts, 0.95),
  p99: quantile(counts, 0.99),
});

function sumCounts(all: readonly Readonly<Record<number, number>>[]): Record<number, number> {
  const sum: Record<number, number> = {};
  for (const counts of all) for (const key in counts) sum[key] = (sum[key] ?? 0) + counts[key]!;
  return sum;
}

/** Since when the sum has been in this state, as far as the shards know: since the first that is in it, or in a worse one. */
function sinceOf(state: HealthState, shards: readonly ShardStatus[], now: number): number {
  const rank = (one: HealthState) => HEALTH_STATES.indexOf(one);
  const known = shards.flatMap(({ recent }) => recent?.health ?? []);
  const same = known.filter((one) => one.state === state);
  const alike = same.length > 0 ? same : known.filter((one) => rank(one.state) > rank(state));
  const since = (alike.length > 0 ? alike : known).map((one) => one.since);
  if (since.length === 0) return now;
  return alike.length > 0 ? Math.min(...since) : Math.max(...since);
}

/** What the shards that check a backend say of it: the worst, and of the same the latest. */
function mergeHealth(rows: readonly BackendStatus[]): BackendHealth {
  const known = rows.flatMap(({ health }) => health ?? []);
  const latest = (state: BackendHealth['state']) =>
    known
      .filter((health) => health.state === state)
      .sort((a, b) => (b.lastCheckAt ?? 0) - (a.lastCheckAt ?? 0))[0];
  return latest('unhealthy') ?? latest('healthy') ?? latest('unknown') ?? UNCHECKED;
}

const UNCHECKED: BackendHealth = {
  state: 'unknown',
  since: null,
  lastCheckAt: null,
  lastMs: null,
  lastResult: null,
  consecutive: 0,
};

/** The status of a shard without what adds nothing to a sum: backends with no counts, if the shard is no longer in use. */
export function pruneStatus(sharding: PoolConfig['sharding'], status: ShardStatus): ShardStatus {
  if (isInUse(shardingInForce(sharding, status.shards ?? ONE_SHARD), status.shard)) return status;
  const hasCounted = ({ requests, lastClientAt = 0, lastWebSocketAt = 0 }: BackendStatus) =>
    requests > 0 || lastClientAt > 0 || lastWebSocketAt > 0;
  return { ...status, backends: status.backends.filter(hasCounted) };
}

/** Whether isolates use this shard under the sharding in force: its name is a number, or that of a region. */
export const isInUse = (sharding: ReturnType<typeof shardingInForce>, shard: string): boolean => {
  if (shard === '0') return true;
  const isNumbered = /^\d+$/.test(shard);
  return typeof sharding === 'number'
    ? isNumbered && Number(shard) < sharding
    : sharding === 'region' && !isNumbered;
};

/**
 * One backend as each of `shards` sees it, without stale ejections. A shard without traffic has no request to probe with:
 * after a change of `sharding`, or when the broadcast of a return was lost, its ejection would last forever. So an ejection
 * is stale once it is over, no probe is under way, and another shard has seen a success since. That is right for a region
 * without traffic too: its next request shows whether it can reach the backend.
 */
function withoutStaleEjections(shards: readonly ShardStatus[], id: string): BackendStatus[] {
  const rows = shards.flatMap(({ backends }) => backends.filter((row) => row.id === id));
  const succeededAt = Math.max(0, ...rows.map((row) => row.succeededAt ?? 0));
  return rows.map((row) => {
    const { ejectedUntil: until, probingUntil = Number.POSITIVE_INFINITY } = row;
    const isStale = until !== 0 && succeededAt > Math.max(until + STALE_EJECTION_MS, probingUntil);
    return isStale ? { ...row, ejectedUntil: 0, ejections: 0, consecutiveFailures: 0 } : row;
  });
}
