/** A route while it is being typed: every field as its control holds it, and the route that it stands for. No I/O. */
import type { RouteConfig } from '../../api/config.ts';

/** `nonIdempotent` as a choice; `pool`: as the pool says. */
export type Repeats = 'pool' | 'no' | 'yes' | 'key';

/** The word for an empty list, as an empty text is «as the pool». */
const NOTHING = 'nothing';

/** The form's fields. An empty text is «as the pool». */
export interface RouteDraft {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly pool: string;
  readonly stripPrefix: boolean;
  readonly rewriteLocation: boolean;
  readonly affinity: RouteConfig['affinity'];
  readonly cookieName: string;
  readonly cookieTtlSeconds: string;
  readonly cookieSameSite: RouteConfig['affinityCookie']['sameSite'];
  readonly timeoutMs: string;
  readonly maxRetries: string;
  readonly retryOn: string;
  readonly repeats: Repeats;
  readonly budgetPercent: string;
  readonly bodyLimitBytes: string;
  readonly debugHeaders: boolean;
  readonly logSampleRate: string;
}

const DEFAULTS: RouteDraft = {
  id: '',
  host: '',
  path: '/',
  pool: '',
  stripPrefix: false,
  rewriteLocation: true,
  affinity: 'none',
  cookieName: 'X-Backend-Id',
  cookieTtlSeconds: '82800',
  cookieSameSite: 'Lax',
  timeoutMs: '',
  maxRetries: '',
  retryOn: '',
  repeats: 'pool',
  budgetPercent: '',
  bodyLimitBytes: '',
  debugHeaders: true,
  logSampleRate: '0',
};

/** A new route's draft; it leads to `pool`. */
export const newDraft = (pool: string): RouteDraft => ({ ...DEFAULTS, pool });

const text = (value: number | null | undefined): string => String(value ?? '');

/** The draft of a route there is. */
export function draftOf(route: RouteConfig): RouteDraft {
  const { retry, affinityCookie } = route;
  const { nonIdempotent } = retry ?? {};
  return {
    id: route.id,
    host: route.host,
    path: route.path,
    pool: route.pool,
    stripPrefix: route.stripPrefix,
    rewriteLocation: route.rewriteLocation,
    affinity: route.affinity,
    cookieName: affinityCookie.name,
    cookieTtlSeconds: text(affinityCookie.ttlSeconds),
    cookieSameSite: affinityCookie.sameSite,
    timeoutMs: text(route.timeoutMs),
    maxRetries: text(retry?.maxRetries),
    retryOn: retry?.on === undefined ? '' : retry.on.length === 0 ? NOTHING : retry.on.join(', '),
    repeats:
      nonIdempotent === undefined
        ? 'pool'
        : nonIdempotent === 'idempotency-key'
          ? 'key'
          : nonIdempotent
            ? 'yes'
            : 'no',
    budgetPercent: text(retry?.budgetPercent),
    bodyLimitBytes: text(retry?.bodyLimitBytes),
    debugHeaders: route.debugHeaders,
    logSampleRate: text(route.logSampleRate),
  };
}

const NON_IDEMPOTENT = { no: false, yes: true, key: 'idempotency-key' } as const;

/**
 * The route that a draft stands for. What is no number stays the text it is, so that the API says in its own words what
 * it wants there; hence the type holds only for a draft without faults.
 */
export function routeOf(draft: RouteDraft): RouteConfig {
  const retry = {
    ...given('maxRetries', draft.maxRetries),
    ...(draft.retryOn.trim() === '' ? {} : { on: listOf(draft.retryOn) }),
    ...(draft.repeats === 'pool' ? {} : { nonIdempotent: NON_IDEMPOTENT[draft.repeats] }),
    ...given('budgetPercent', draft.budgetPercent),
    ...given('bodyLimitBytes', draft.bodyLimitBytes),
  };
  const route = {
    id: draft.id.trim(),
    host: draft.host.trim().toLowerCase(),
    path: draft.path.trim() === '' ? '/' : draft.path.trim(),
    pool: draft.pool,
    stripPrefix: draft.stripPrefix,
    rewriteLocation: draft.rewriteLocation,
    affinity: draft.affinity,
    affinityCookie: {
      name: draft.cookieName.trim(),
      ttlSeconds: numberOf(draft.cookieTtlSeconds),
      sameSite: draft.cookieSameSite,
    },
    timeoutMs: draft.timeoutMs.trim() === '' ? null : numberOf(draft.timeoutMs),
    retry: Object.keys(retry).length > 0 ? retry : null,
    debugHeaders: draft.debugHeaders,
    logSampleRate: numberOf(draft.logSampleRate),
  };
  return route as RouteConfig;
}

function given(key: string, value: string): Record<string, unknown> {
  return value.trim() === '' ? {} : { [key]: numberOf(value) };
}

/** `timeout, 503` as `['timeout', 503]`. */
const listOf = (value: string): unknown[] =>
  value
    .split(/[\s,]+/)
    .filter((word) => word !== '' && word !== NOTHING)
    .map(numberOf);

function numberOf(value: string): unknown {
  const trimmed = value.trim();
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** An id for a new route, made of its host's first label and its path, that nobody has yet. */
export function suggestId(host: string, path: string, taken: ReadonlySet<string>): string {
  const label = host.trim().toLowerCase().replace(/^\*\./, '').split('.')[0] ?? '';
  const id = `${label}-${path.toLowerCase()}`
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  if (id === '' || !taken.has(id)) return id;
  for (let n = 2; ; n++) if (!taken.has(`${id}-${n}`)) return `${id}-${n}`;
}
