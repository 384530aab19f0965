/** Who of a pool is out, who is on the way back, and who is due for a probe; asked of a Pool object's memory. No I/O. */
import { standing } from '../balance/available.ts';
import { type Health, probeDue } from '../balance/ejection.ts';
import type { PoolConfig } from '../config/schema.ts';
import type { Tally } from './tally.ts';

/** A probe that was handed out but not sent is handed out again after this time. */
const PROBE_HOLD_MS = 1_000;

/** A pool and what is known of its backends, both in the order of the configuration. */
interface Known {
  readonly config: PoolConfig;
  readonly tallies: readonly Tally[];
}

/** Hands out at most one probe: the id of a backend whose ejection is over. */
export function handOutProbe({ config, tallies }: Known, now: number): string | undefined {
  const index = tallies.findIndex(
    ({ health }, i) => standing(config.backends[i]!, true) === 'ejected' && probeDue(health, now),
  );
  if (index < 0) return undefined;
  tallies[index]!.health.probingUntil = now + PROBE_HOLD_MS;
  return config.backends[index]!.id;
}

/** A probe has been sent to the backend at `index`: no other until it has had time to answer. */
export function probeSent({ config, tallies }: Known, index: number, now: number): void {
  if (index < 0) return;
  const timeoutMs = config.backends[index]!.timeoutMs ?? config.timeoutMs;
  tallies[index]!.health.probingUntil = now + timeoutMs + PROBE_HOLD_MS;
}

/** Who is ejected, and until when (epoch ms). */
export const ejected = (known: Known): [string, number][] => those(known, (health) => health.ejectedUntil);

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
