/** A pool's last five minutes in steps of five seconds: requests and failures by backend, latency overall. No I/O. */
import type { PoolSeries } from '../protocol/traffic-schemas.ts';
import { bucketOf, noLatencies, quantile } from './latency.ts';

export type { PoolSeries };

/** The length of a step. Steps begin at its multiples, so that the steps of all shards coincide. */
export const STEP_MS = 5_000;
/** Steps kept. */
export const STEPS = 60;

interface Step {
  readonly at: number;
  /** By backend id: requests, failures. */
  readonly counts: Map<string, [number, number]>;
  readonly latency: number[];
}

/** The steps of one shard with traffic, oldest first; `at` is the begin of a step in epoch ms. */
export interface ShardSeries {
  readonly steps: readonly {
    readonly at: number;
    readonly counts: readonly (readonly [backend: string, requests: number, failures: number])[];
    readonly latency: readonly number[];
  }[];
}

/** One shard's last minutes; in memory only. */
export class Series {
  #steps: Step[] = [];

  /** Counts one attempt; `ms` is the time to its response headers, null without a response. `now` is epoch ms. */
  add(backend: string, failed: boolean, ms: number | null, now: number): void {
    const step = this.#stepAt(now);
    const count = step.counts.get(backend) ?? [0, 0];
    count[0]++;
    if (failed) count[1]++;
    step.counts.set(backend, count);
    if (ms !== null) step.latency[bucketOf(ms)]!++;
  }

  /** The steps of the last five minutes. */
  dump(now: number): ShardSeries {
    this.#forget(now);
    return {
      steps: this.#steps.map(({ at, counts, latency }) => ({
        at,
        counts: [...counts].map(([id, [requests, failures]]) => [id, requests, failures] as const),
        latency,
      })),
    };
  }

  #stepAt(now: number): Step {
    const at = now - (now % STEP_MS);
    const last = this.#steps.at(-1);
    // If the clock goes back, the newest step counts on.
    if (last && at <= last.at) return last;
    const step = { at, counts: new Map<string, [number, number]>(), latency: noLatencies() };
    this.#steps.push(step);
    this.#forget(now);
    return step;
  }

  #forget(now: number): void {
    const oldest = now - (now % STEP_MS) - (STEPS - 1) * STEP_MS;
    if ((this.#steps[0]?.at ?? oldest) < oldest) this.#steps = this.#steps.filter(({ at }) => at >= oldest);
  }
}

/** Sums the shards; with `ids`, by backend too. `now` is epoch ms. */
export function poolSeries(
  pool: string,
  shards: readonly ShardSeries[],
  now: number,
  ids: readonly string[] | null,
): PoolSeries {
  const from = now - (now % STEP_MS) - (STEPS - 1) * STEP_MS;
  const zeros = () => new Array<number>(STEPS).fill(0);
  const [requests, failures] = [zeros(), zeros()];
  const latency = requests.map(() => noLatencies());
  const backends = ids?.map((id) => ({ id, requests: zeros(), failures: zeros() }));
  const byId = new Map(backends?.map((backend) => [backend.id, backend]));
  for (const { at, counts, latency: seen } of shards.flatMap((shard) => shard.steps)) {
    const i = (at - from) / STEP_MS;
    if (i < 0 || i >= STEPS) continue;
    for (const [id, asked, failed] of counts) {
      requests[i]! += asked;
      failures[i]! += failed;
      const backend = byId.get(id);
      if (!backend) continue;
      backend.requests[i]! += asked;
      backend.failures[i]! += failed;
    }
    seen.forEach((count, bucket) => {
      latency[i]![bucket]! += count;
    });
  }
  const p95Ms = latency.map((counts) => quantile(counts, 0.95));
  const until = from + STEPS * STEP_MS;
  return {
    pool,
    stepMs: STEP_MS,
    until,
    requests,
    failures,
    p95Ms,
    ...(backends ? { backends } : {}),
  };
}
