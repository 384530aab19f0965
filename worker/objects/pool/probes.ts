/** Who of a pool is out, who is on the way back, and who is due for a probe; asked of a Pool object's memory. No I/O. */
import { takesNew } from '../../balance/available.ts';
import { type Health, isProbeDue, verdictOf } from '../../balance/ejection.ts';
import type { PoolConfig } from '../../config/schema.ts';
import type { Tally } from './tally.ts';

/** A probe that was handed out but not sent is handed out again after this time. */
const PROBE_HOLD_MS = 1_000;
/** A probe that has not been heard of after this time is lost, whatever the backend's timeout. */
const PROBE_LOST_MS = 30_000;

/** A pool and what is known of its backends, both in the order of the configuration. */
interface Known {
  readonly config: PoolConfig;
  readonly tallies: readonly Tally[];
}

/** Hands out at most one probe: the id of a backend whose ejection is over. */
export function assignProbe({ config, tallies }: Known, now: number): string | undefined {
  const index = tallies.findIndex(
    ({ health }, i) => takesNew(config.backends[i]!) && isProbeDue(health, now),
  );
  if (index < 0) return undefined;
  tallies[index]!.health.probingUntil = now + PROBE_HOLD_MS;
  return config.backends[index]!.id;
}

/** A probe has been sent to the backend at `index`: no other until it has had time to answer. */
export function markProbeSent({ config, tallies }: Known, index: number, now: number): void {
  if (index < 0) return;
  const timeoutMs = config.backends[index]!.timeoutMs ?? config.timeoutMs;
  tallies[index]!.health.probingUntil = now + Math.min(timeoutMs, PROBE_LOST_MS) + PROBE_HOLD_MS;
}

/** Who is ejected, and until when (epoch ms). */
export const ejected = (known: Known): [string, number][] =>
  those(known, (health) => (verdictOf(health) === 'ejected' ? health.ejectedUntil : 0));

/** Which backends fail and stay in by the cap, and when they are probed (epoch ms). */
export const failing = (known: Known): [string, number][] =>
  those(known, (health) => (verdictOf(health) === 'failing' ? health.ejectedUntil : 0));

/** Whose slow start is under way, and since when (epoch ms). */
export function ramping(known: Known, now: number): [string, number][] {
  const { slowStartMs } = known.config;
  if (slowStartMs === 0) return [];
  return those(known, ({ backSince }) => (now - backSince < slowStartMs ? backSince : 0));
}

/** Those of whom `value` is not 0, by id. */
function those({ config, tallies }: Known, value: (health: Health) => number): [string, number][] {
  const found: [string, number][] = [];
  tallies.forEach(({ health }, i) => {
    const v = value(health);
    if (v !== 0) found.push([config.backends[i]!.id, v]);
  });
  return found;
}
