/** The backends of a pool that are out, on their way back or due for a probe, from a Pool object's memory. No I/O. */
import { takesNew } from '../../balance/available.ts';
import { type Health, isProbeDue } from '../../balance/ejection.ts';
import type { PoolConfig } from '../../config/schema.ts';
import { PROBE_HOLD_MS, PROBE_LOST_MS } from '../../lib/timing.ts';
import type { Tally } from './tally.ts';

/** A pool and the tallies of its backends, in the order of the configuration. */
interface TalliedPool {
  readonly config: PoolConfig;
  readonly tallies: readonly Tally[];
}

/** Assigns at most one probe to the caller: returns the id of a backend whose ejection is over. `now` is epoch ms. */
export function assignProbe({ config, tallies }: TalliedPool, now: number): string | undefined {
  const index = tallies.findIndex(
    ({ health }, i) => takesNew(config.backends[i]!) && isProbeDue(health, now),
  );
  if (index < 0) return undefined;
  tallies[index]!.health.probingUntil = now + PROBE_HOLD_MS;
  return config.backends[index]!.id;
}

/** Records that a probe was sent to the backend at `index`: no other is assigned until it has had time to answer. */
export function markProbeSent({ config, tallies }: TalliedPool, index: number, now: number): void {
  if (index < 0) return;
  const timeoutMs = config.backends[index]!.timeoutMs ?? config.timeoutMs;
  tallies[index]!.health.probingUntil = now + Math.min(timeoutMs, PROBE_LOST_MS) + PROBE_HOLD_MS;
}

/** Lists the ejected backends by id, each with the end of its ejection (epoch ms). */
export const listEjected = (pool: TalliedPool): [string, number][] =>
  listBy(pool, ({ capped, ejectedUntil }) => (capped ? 0 : ejectedUntil));

/** Lists the failing backends that the cap keeps in, each with the time of its next probe (epoch ms). */
export const listFailing = (pool: TalliedPool): [string, number][] =>
  listBy(pool, ({ capped, ejectedUntil }) => (capped ? ejectedUntil : 0));

/** Lists the backends that health checks keep out, by id. */
export const listUnhealthy = ({ config, tallies }: TalliedPool): string[] =>
  config.backends.filter((_, i) => tallies[i]!.health.unhealthy).map(({ id }) => id);

/** Lists the backends in slow start, each with the time when it began (epoch ms). */
export function listRamping(pool: TalliedPool, now: number): [string, number][] {
  const { slowStartMs } = pool.config;
  if (slowStartMs === 0) return [];
  return listBy(pool, ({ backSince }) => (now - backSince < slowStartMs ? backSince : 0));
}

/** Lists the backends for which `value` is not 0, by id. */
function listBy({ config, tallies }: TalliedPool, value: (health: Health) => number): [string, number][] {
  const found: [string, number][] = [];
  tallies.forEach(({ health }, i) => {
    const v = value(health);
    if (v !== 0) found.push([config.backends[i]!.id, v]);
  });
  return found;
}
