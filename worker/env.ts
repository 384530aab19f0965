/** The Worker's bindings and settings. */
import type { DeploymentInfo } from './config/check.ts';

/** The bindings and settings of wrangler.jsonc, and the secrets. */
export interface Env {
  readonly ASSETS: Fetcher;
  readonly DIRECTORY: DurableObjectNamespace;
  readonly POOL: DurableObjectNamespace;
  /** The request log's sinks, each optional; see `log/`. */
  readonly ANALYTICS?: AnalyticsEngineDataset;
  readonly REQUEST_LOG?: Queue<string>;
  readonly LOG_BUCKET?: R2Bucket;
  readonly ADMIN_HOSTS?: string;
  readonly ADMIN_TOKEN?: string;
  /** Lets its holder look, but not change. */
  readonly VIEWER_TOKEN?: string;
  readonly AFFINITY_SECRET?: string;
  readonly ACCESS_AUD?: string;
  readonly ACCESS_VIEWER_AUD?: string;
  /** Signs what alerts send. */
  readonly ALERT_SECRET?: string;
  readonly ALLOW_PRIVATE_BACKENDS?: string | boolean;
  readonly STATIC_CONFIG?: string | object;
  /** In ms; see `drainTimes` in stats/drain.ts. */
  readonly DRAIN_WINDOW_MS?: string | number;
  readonly WEBSOCKET_LIFE_MS?: string | number;
}

const DEFAULT_ADMIN_HOSTS = 'localhost,127.0.0.1,[::1]';

/** The host names that serve the dashboard and the API, in lower case. */
export function adminHosts(env: Env): ReadonlySet<string> {
  const names = (env.ADMIN_HOSTS || DEFAULT_ADMIN_HOSTS).split(',');
  return new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''));
}

/** The origin of the dashboard, for links in alerts: the first admin host. */
export function adminOrigin(env: Env): string {
  const [host = 'localhost'] = adminHosts(env);
  return host === 'localhost' || host.endsWith('.localhost') ? `http://${host}` : `https://${host}`;
}

/** The properties of this deployment that a configuration may depend on. */
export function deploymentInfo(env: Env): DeploymentInfo {
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
