/**
 * When a draining backend may be removed: once nobody has come for a whole window. No I/O.
 *
 * Clients with affinity are seen with every request. WebSockets are not: a proxied one is coupled to the backend's by
 * the runtime, outside the Worker, so that its pings and close codes pass. From then on nothing tells the Worker how it
 * goes on: `request.signal` aborts only before the response, and a `waitUntil` that would watch is cut after 30 s. So
 * each one opened counts as open for a whole life (`WEBSOCKET_LIFE_MS`, a day): the number is an upper bound. It is no
 * promise about sockets that live longer than that; where yours do, set it higher. A response that still streams, of a
 * request from before the window, is not seen either.
 */

import type { Env } from '../env.ts';
import type { Drain } from '../protocol/config-schemas.ts';
import type { DrainStatus } from '../protocol/traffic-schemas.ts';

export type { Drain, DrainStatus };

/** How long nobody must have come, and how long a WebSocket counts as open. */
export interface DrainTimes {
  readonly windowMs: number;
  readonly webSocketLifeMs: number;
}

/** An isolate tells of a client once in this share of the window, so a client may have been here that much later. */
export const REPORTS_PER_WINDOW = 5;

/** How long a client counts after it was told of. */
export const clientKeptMs = ({ windowMs }: DrainTimes): number => windowMs + windowMs / REPORTS_PER_WINDOW;

/** What the shards have seen of one backend. */
export interface Seen {
  readonly affinityClients: number;
  readonly openWebSockets: number;
  /** When the last client with affinity was told of, and the last WebSocket opened; 0: never. */
  readonly lastClientAt: number;
  readonly lastWebSocketAt: number;
  /** Every shard has said what it has seen. */
  readonly complete: boolean;
}

/** Says whether the backend may be removed, and why or why not. */
export function drainStatus(drain: Drain, seen: Seen, times: DrainTimes, now: number): DrainStatus {
  const { since, disableAt } = drain;
  if (!seen.complete)
    return {
      since,
      disableAt,
      safeAt: null,
      safeToRemove: false,
      why: 'not every Pool object has said what it has seen',
    };
  const quietAt = Math.max(since + times.windowMs, seen.lastClientAt + clientKeptMs(times));
  const closedAt = seen.lastWebSocketAt === 0 ? 0 : seen.lastWebSocketAt + times.webSocketLifeMs;
  const safeAt = Math.max(quietAt, closedAt);
  const safeToRemove = now >= safeAt && seen.affinityClients === 0 && seen.openWebSockets === 0;
  return { since, disableAt, safeAt, safeToRemove, why: because(seen, times, safeToRemove) };
}

function because(seen: Seen, { windowMs, webSocketLifeMs }: DrainTimes, safe: boolean): string {
  const { affinityClients: clients, openWebSockets: sockets } = seen;
  const [window, life] = [inWords(windowMs), inWords(webSocketLifeMs)];
  if (safe)
    return seen.lastWebSocketAt === 0
      ? `no client for ${window}, and no WebSocket was ever opened through it`
      : `no client for ${window}, and no WebSocket was opened through it for ${life}`;
  const reasons = [
    clients > 0 ? `${clients} ${clients === 1 ? 'client' : 'clients'} in the last ${window}` : '',
    sockets > 0
      ? `${sockets} ${sockets === 1 ? 'WebSocket was' : 'WebSockets were'} opened in the last ${life} and may be open: the runtime does not tell when one ends`
      : '',
  ].filter((reason) => reason !== '');
  return reasons.length > 0 ? reasons.join('; ') : `nobody so far, but not for a whole ${window} yet`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** `5 minutes`, `1 day`. */
function inWords(ms: number): string {
  const [name, unit] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  const count = ms / unit;
  return name === 'ms' ? `${count} ms` : `${count} ${name}${count === 1 ? '' : 's'}`;
}

const DRAIN_WINDOW_MS = 5 * 60_000;
const WEBSOCKET_LIFE_MS = 24 * 3_600_000;

/** How long nobody must have come to a draining backend, and how long its WebSockets live at most, as the operator knows. */
export function drainTimes(env: Env): DrainTimes {
  return {
    windowMs: positive(env.DRAIN_WINDOW_MS, DRAIN_WINDOW_MS),
    webSocketLifeMs: positive(env.WEBSOCKET_LIFE_MS, WEBSOCKET_LIFE_MS),
  };
}

function positive(setting: string | number | undefined, otherwise: number): number {
  const value = Number(setting || otherwise);
  return value > 0 ? value : otherwise;
}
