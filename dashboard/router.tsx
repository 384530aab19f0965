/** Every page and its URL, which also holds the filters. All pages but the overview are loaded when first shown. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router';
import { Overview } from './pages/overview/overview.tsx';
import { PageNotFound } from './pages/page-not-found.tsx';
import { KEYS, type RequestsSearch } from './pages/requests/filter.ts';
import { Shell } from './shell/shell.tsx';

/** A search parameter as text; undefined if it is empty. */
const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);

type Search = Readonly<Record<string, unknown>>;

/** `add`: `pool` while the form for a new pool is open. */
export interface OverviewSearch {
  readonly add?: string;
}

/**
 * `edit`: the backend whose form is open, `+` for a new one; `tab`: `settings`, or the backends; `find`, `show` and `sort`:
 * the view of the list of backends.
 */
export interface PoolSearch {
  readonly edit?: string;
  readonly tab?: string;
  readonly find?: string;
  readonly show?: string;
  readonly sort?: string;
  /** The range of the charts. */
  readonly range?: string;
}

/**
 * `edit`: the route whose form is open, `+` for a new one; `url` and `method`: the request to test; `find` and `pool`:
 * the list's filters; `rollout`: the route whose rollout is open.
 */
export interface RoutesSearch {
  readonly edit?: string;
  readonly url?: string;
  readonly method?: string;
  readonly find?: string;
  readonly pool?: string;
  readonly rollout?: string;
}

/** `revision`: the one that is open; `show` and `pool`: the timeline's filters. */
export interface HistorySearch {
  readonly revision?: string;
  readonly show?: string;
  readonly pool?: string;
}

/** `id`: the incident that is open; `pool`: the filter. */
export interface IncidentsSearch {
  readonly id?: string;
  readonly pool?: string;
}

/** `edit`: the alert whose form is open, `+` for a new one. */
export interface AlertsSearch {
  readonly edit?: string;
}

const root = createRootRoute({ component: Shell, notFoundComponent: PageNotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: (search: Search): OverviewSearch => ({ add: text(search.add) }),
  component: Overview,
});

const pool = createRoute({
  getParentRoute: () => root,
  path: '/pools/$pool',
  validateSearch: (search: Search): PoolSearch => ({
    edit: text(search.edit),
    tab: text(search.tab),
    find: text(search.find),
    show: text(search.show),
    sort: text(search.sort),
    range: text(search.range),
  }),
  component: lazyRouteComponent(() => import('./pages/pool/pool-page.tsx'), 'PoolPage'),
});

const requests = createRoute({
  getParentRoute: () => root,
  path: '/requests',
  validateSearch: (search: Search): RequestsSearch => ({
    ...Object.fromEntries(KEYS.map((key) => [key, text(search[key])])),
    id: text(search.id),
  }),
  component: lazyRouteComponent(() => import('./pages/requests/requests-page.tsx'), 'RequestsPage'),
});

const routes = createRoute({
  getParentRoute: () => root,
  path: '/routes',
  validateSearch: (search: Search): RoutesSearch => ({
    edit: text(search.edit),
    url: text(search.url),
    method: text(search.method),
    find: text(search.find),
    pool: text(search.pool),
    rollout: text(search.rollout),
  }),
  component: lazyRouteComponent(() => import('./pages/routes/routes-page.tsx'), 'RoutesPage'),
});

const history = createRoute({
  getParentRoute: () => root,
  path: '/history',
  validateSearch: (search: Search): HistorySearch => ({
    revision: /^\d+$/.test(text(search.revision) ?? '') ? text(search.revision) : undefined,
    show: text(search.show),
    pool: text(search.pool),
  }),
  component: lazyRouteComponent(() => import('./pages/history/history-page.tsx'), 'HistoryPage'),
});

const incidents = createRoute({
  getParentRoute: () => root,
  path: '/incidents',
  validateSearch: (search: Search): IncidentsSearch => ({ id: text(search.id), pool: text(search.pool) }),
  component: lazyRouteComponent(() => import('./pages/incidents/incidents-page.tsx'), 'IncidentsPage'),
});

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  validateSearch: (search: Search): AlertsSearch => ({ edit: text(search.edit) }),
  component: lazyRouteComponent(() => import('./pages/alerts/alerts-page.tsx'), 'AlertsPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
});

/** The dashboard's router. */
export const router = createRouter({
  routeTree: root.addChildren([overview, pool, incidents, requests, routes, history, alerts, settings]),
  // All parameters are text: 502 is 502 in the URL, not "502".
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
