/**
 * When a draining backend may be removed: once no client has come for a whole window. No I/O.
 *
 * Clients with affinity are seen with every request. WebSockets are not: the runtime couples a proxied one to the backend's
 * outside the Worker, so that its pings and close codes pass, and never reports its end to the Worker. `request.signal`
 * aborts only before the response, and a `waitUntil` that watched the socket would be cut after 30 s. So every WebSocket
 * counts as open for a whole life (`WEBSOCKET_LIFE_MS`, a day by default): the number is an upper bound, unless your
 * sockets live longer; then set it higher. Responses that still stream, of requests from before the window, are not seen.
 */

import type { Env } from '../env.ts';
import type { Drain } from '../protocol/config-schemas.ts';
import type { DrainStatus } from '../protocol/traffic-schemas.ts';

export type { Drain, DrainStatus };

/** How long no client must have come, and how long a WebSocket counts as open, in ms. */
export interface DrainTimes {
  readonly windowMs: number;
  readonly webSocketLifeMs: number;
}

/** An isolate reports a client this many times per window, so its last request may be this part of the window younger. */
export const REPORTS_PER_WINDOW = 5;

/** How long a client counts after it was reported, in ms. */
export const clientKeptMs = ({ windowMs }: DrainTimes): number => windowMs + windowMs / REPORTS_PER_WINDOW;

/** What the shards have observed of the clients of one backend. */
export interface ObservedClients {
  readonly affinityClients: number;
  readonly openWebSockets: number;
  /** When a client with affinity was last reported, and the last WebSocket opened (epoch ms); 0: never. */
  readonly lastClientAt: number;
  readonly lastWebSocketAt: number;
  /** Every shard has answered. */
  readonly complete: boolean;
}

/** Decides whether the backend may be removed, and says why or why not. `now` is epoch ms. */
export function drainStatus(
  drain: Drain,
  observed: ObservedClients,
  times: DrainTimes,
  now: number,
): DrainStatus {
  const { since, disableAt } = drain;
  if (!observed.complete)
    return {
      since,
      disableAt,
      safeAt: null,
      safeToRemove: false,
      why: 'not every Pool object has answered',
    };
  const quietAt = Math.max(since + times.windowMs, observed.lastClientAt + clientKeptMs(times));
  const closedAt = observed.lastWebSocketAt === 0 ? 0 : observed.lastWebSocketAt + times.webSocketLifeMs;
  const safeAt = Math.max(quietAt, closedAt);
  const safeToRemove = now >= safeAt && observed.affinityClients === 0 && observed.openWebSockets === 0;
  return { since, disableAt, safeAt, safeToRemove, why: explainDrain(observed, times, safeToRemove) };
}

function explainDrain(
  observed: ObservedClients,
  { windowMs, webSocketLifeMs }: DrainTimes,
  safe: boolean,
): string {
  const { affinityClients: clients, openWebSockets: sockets } = observed;
  const [window, life] = [inWords(windowMs), inWords(webSocketLifeMs)];
  if (safe)
    return observed.lastWebSocketAt === 0
      ? `no client for ${window}, and no WebSocket was ever opened through it`
      : `no client for ${window}, and no WebSocket was opened through it for ${life}`;
  const reasons = [
    clients > 0 ? `${clients} ${clients === 1 ? 'client' : 'clients'} in the last ${window}` : '',
    sockets > 0
      ? `${sockets} ${sockets === 1 ? 'WebSocket was' : 'WebSockets were'} opened in the last ${life} and may be open: the runtime does not report when one ends`
      : '',
  ].filter((reason) => reason !== '');
  return reasons.length > 0 ? reasons.join('; ') : `no client so far, but not for a whole ${window} yet`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** Writes a duration as `5 minutes` or `1 day`. */
function inWords(ms: number): string {
  const [name, unit] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  const count = ms / unit;
  return name === 'ms' ? `${count} ms` : `${count} ${name}${count === 1 ? '' : 's'}`;
}

const DRAIN_WINDOW_MS = 5 * 60_000;
const WEBSOCKET_LIFE_MS = 24 * 3_600_000;

/** The times of this deployment: `DRAIN_WINDOW_MS`, and `WEBSOCKET_LIFE_MS` as the operator knows it. */
export function drainTimes(env: Env): DrainTimes {
  return {
    windowMs: readPositive(env.DRAIN_WINDOW_MS, DRAIN_WINDOW_MS),
    webSocketLifeMs: readPositive(env.WEBSOCKET_LIFE_MS, WEBSOCKET_LIFE_MS),
  };
}

function readPositive(setting: string | number | undefined, fallback: number): number {
  const value = Number(setting || fallback);
  return value > 0 ? value : fallback;
}
