/** The Worker's bindings and settings, read once. */
import type { Surroundings } from './config/check.ts';
import type { Directory } from './objects/directory/directory.ts';
import type { Pool } from './objects/pool/pool.ts';
import type { DrainTimes } from './stats/drain.ts';

export interface Env {
  readonly ASSETS: Fetcher;
  readonly DIRECTORY: DurableObjectNamespace<Directory>;
  readonly POOL: DurableObjectNamespace<Pool>;
  /** The request log's sinks, each optional; see `log/`. */
  readonly ANALYTICS?: AnalyticsEngineDataset;
  readonly REQUEST_LOG?: Queue<string>;
  readonly LOG_BUCKET?: R2Bucket;
  readonly ADMIN_HOSTS?: string;
  readonly ADMIN_TOKEN?: string;
  readonly AFFINITY_SECRET?: string;
  readonly ACCESS_AUD?: string;
  readonly ALLOW_PRIVATE_BACKENDS?: string | boolean;
  readonly STATIC_CONFIG?: string | object;
  /** See `drainTimes`. */
  readonly DRAIN_WINDOW_MS?: string | number;
  readonly WEBSOCKET_LIFE_MS?: string | number;
}

const DEFAULT_ADMIN_HOSTS = 'localhost,127.0.0.1,[::1]';

/** The hostnames that serve dashboard and API, lower case. */
export function adminHosts(env: Env): ReadonlySet<string> {
  const names = (env.ADMIN_HOSTS || DEFAULT_ADMIN_HOSTS).split(',');
  return new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''));
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

/** What a configuration may depend on here. */
export function surroundings(env: Env): Surroundings {
  return {
    allowPrivate: String(env.ALLOW_PRIVATE_BACKENDS) === 'true',
    adminHosts: adminHosts(env),
    hasAffinitySecret: (env.AFFINITY_SECRET ?? '') !== '',
    hasBinding: (name) => {
      const reserved = name === 'ASSETS' || name === 'DIRECTORY' || name === 'POOL';
      const value = (env as unknown as Record<string, unknown>)[name] as { fetch?: unknown } | undefined;
      return !reserved && typeof value === 'object' && value !== null && typeof value.fetch === 'function';
    },
  };
}
