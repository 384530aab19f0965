/** Matches requests to routes: compiled once per configuration, a few map look-ups per request. No I/O. */
import { identityOf } from '../../config/check-route.ts';
import { LIMITS } from '../../config/limits.ts';
import { normalPath, prefixOf } from '../../config/path.ts';
import type { RouteConfig } from '../../config/schema.ts';
import { ConditionIndex } from './condition-index.ts';
import {
  type Conditions,
  compileConditions,
  failedConditions,
  hold,
  RequestFacts,
  type RoutableRequest,
} from './conditions.ts';
import { compileEdits, type HeaderEdits } from './header-edits.ts';
import { compileMirror, type Mirror } from './mirror.ts';
import {
  compileRedirect,
  compileRespond,
  type FixedResponse,
  leadsToItself,
  type Redirect,
} from './own-answer.ts';
import { compileRewrite, type Rewrite } from './rewrite.ts';
import { compileSplit, type Split } from './split.ts';
import type { Target } from './target.ts';

/** A route with all that can be prepared once per configuration. */
export interface CompiledRoute {
  readonly config: RouteConfig;
  readonly isExact: boolean;
  /** The path to compare with: normalised, of a prefix without its trailing slash. */
  readonly path: string;
  readonly conditions: Conditions | null;
  /** Of two routes with one path, the greater one comes first. */
  readonly specificity: number;
  /** How the path changes on its way to a backend; null: it does not. */
  readonly rewrite: Rewrite | null;
  readonly requestEdits: HeaderEdits | null;
  readonly responseEdits: HeaderEdits | null;
  readonly redirect: Redirect | null;
  readonly respond: FixedResponse | null;
  readonly split: Split | null;
  readonly mirror: Mirror | null;
}

/** Compiles one route. `split`: its split in the configuration before. */
export function compileRoute(config: RouteConfig, split?: Split): CompiledRoute {
  const isExact = config.pathMatch === 'exact';
  const path = normalPath(config.path);
  return {
    config,
    isExact,
    path: isExact ? path : prefixOf(path),
    conditions: compileConditions(config),
    specificity: specificityOf(config),
    rewrite: compileRewrite(config),
    requestEdits: compileEdits(config.requestHeaders),
    responseEdits: compileEdits(config.responseHeaders),
    redirect: compileRedirect(config),
    respond: compileRespond(config),
    split: compileSplit(config, split),
    mirror: compileMirror(config),
  };
}

/** The routes of one host and path, in the order of precedence. */
interface PathRoutes {
  readonly routes: readonly CompiledRoute[];
  /** Only of many routes. */
  readonly index: ConditionIndex<CompiledRoute> | null;
}

interface HostRoutes {
  readonly exact: ReadonlyMap<string, PathRoutes>;
  readonly byPrefix: ReadonlyMap<string, PathRoutes>;
  /** The lengths of the longest exact path and prefix: a longer path is not looked up whole. */
  readonly longestExact: number;
  readonly longest: number;
}

export interface RouteTable {
  readonly exact: ReadonlyMap<string, HostRoutes>;
  /** By suffix with its leading dot: `.example.com`. */
  readonly wildcard: ReadonlyMap<string, HostRoutes>;
  /** By the ids of their routes. */
  readonly splits: ReadonlyMap<string, Split>;
}

/** With more routes than this on one path, they are found by an index. */
const ROUTES_SCANNED = 8;

/** Compiles the routes of one configuration. The sequences of splits that did not change go on from those of `before`. */
export function compileRoutes(routes: readonly RouteConfig[], before?: RouteTable): RouteTable {
  const splits = new Map<string, Split>();
  const hosts = new Map<string, Map<string, CompiledRoute>>();
  for (const route of routes) {
    let host = hosts.get(route.host);
    if (!host) {
      host = new Map();
      hosts.set(route.host, host);
    }
    // Earlier versions accepted `/a` beside `/a/`, of which the last one acted.
    const compiled = compileRoute(route, before?.splits.get(route.id));
    if (compiled.split) splits.set(route.id, compiled.split);
    host.set(identityOf(route), compiled);
  }
  const exact = new Map<string, HostRoutes>();
  const wildcard = new Map<string, HostRoutes>();
  for (const [host, own] of hosts) {
    if (host.startsWith('*.')) wildcard.set(host.slice(1), compileHost([...own.values()]));
    else exact.set(host, compileHost([...own.values()]));
  }
  return { exact, wildcard, splits };
}

function compileHost(routes: readonly CompiledRoute[]): HostRoutes {
  const exact = groupByPath(routes.filter(({ isExact }) => isExact));
  const byPrefix = groupByPath(routes.filter(({ isExact }) => !isExact));
  const longest = (paths: Iterable<string>) =>
    [...paths].reduce((most, { length }) => Math.max(most, length), 0);
  return { exact, byPrefix, longestExact: longest(exact.keys()), longest: longest(byPrefix.keys()) };
}

function groupByPath(routes: readonly CompiledRoute[]): ReadonlyMap<string, PathRoutes> {
  const groups = Map.groupBy(routes, ({ path }) => path);
  const compiled = new Map<string, PathRoutes>();
  for (const [path, group] of groups) {
    const ordered = group.toSorted(byPrecedence);
    const index = ordered.length > ROUTES_SCANNED ? new ConditionIndex(ordered) : null;
    compiled.set(path, { routes: ordered, index });
  }
  return compiled;
}

/**
 * Orders the routes of one host, the more specific first: an exact path, the longest prefix, a method, more headers and
 * cookies, more query parameters, a country (as the Gateway API of Kubernetes, HTTPRouteRule). The rest stays as written.
 */
export function byPrecedence(a: CompiledRoute, b: CompiledRoute): number {
  if (a.isExact !== b.isExact) return a.isExact ? -1 : 1;
  if (a.path.length !== b.path.length) return b.path.length - a.path.length;
  return b.specificity - a.specificity;
}

/** The kinds of condition as the digits of a number: no list has more conditions than `LIMITS` allows. */
function specificityOf({ match }: RouteConfig): number {
  const { methods = [], headers = [], cookies = [], query = [], countries = [] } = match;
  const named = headers.length + cookies.length;
  const base = 2 * LIMITS.conditions + 1;
  return ((Math.sign(methods.length) * base + named) * base + query.length) * 2 + Math.sign(countries.length);
}

/**
 * Finds the route, or null. As in nginx, the host decides first: the exact host, else the longest wildcard suffix. Among
 * the routes of that host the most specific whose path and conditions fit wins.
 */
export function matchRoute(
  table: RouteTable,
  target: Target,
  incoming: RoutableRequest,
): CompiledRoute | null {
  const host = hostRoutes(table, target.host);
  return host && matchPath(host, target, incoming);
}

function hostRoutes(table: RouteTable, host: string): HostRoutes | null {
  const exact = table.exact.get(host);
  if (exact) return exact;
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const wild = table.wildcard.get(host.slice(dot));
    if (wild) return wild;
  }
  return null;
}

function matchPath(host: HostRoutes, target: Target, incoming: RoutableRequest): CompiledRoute | null {
  const { exact, byPrefix, longestExact, longest } = host;
  const path = target.routePath;
  let facts: RequestFacts | null = null;
  const fits = (route: CompiledRoute): boolean => {
    if (route.conditions) {
      facts ??= new RequestFacts(incoming);
      if (!hold(route.conditions, facts)) return false;
    }
    return route.redirect === null || !leadsToItself(route.redirect, target);
  };
  const first = (group: PathRoutes | undefined): CompiledRoute | null => {
    if (!group) return null;
    const { routes, index } = group;
    if (!index) return routes.find(fits) ?? null;
    facts ??= new RequestFacts(incoming);
    return index.find(facts, fits);
  };
  if (exact.size > 0 && path.length <= longestExact) {
    const found = first(exact.get(path));
    if (found) return found;
  }
  if (longest > 0) {
    // No prefix is longer than `longest`, so a path of thousands of slashes costs no more than a short one.
    const whole = path.length <= longest ? first(byPrefix.get(path)) : null;
    if (whole) return whole;
    for (let end = path.lastIndexOf('/', longest); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = first(byPrefix.get(path.slice(0, end)));
      if (found) return found;
    }
  }
  return first(byPrefix.get(''));
}

/** A route of the request's host that is more specific than the one that acts, and why it does not fit. */
export interface NotMatched {
  readonly route: string;
  readonly failed: readonly string[];
}

/** Routes that an explanation lists; those whose path fits come first into the list. */
export const NOT_MATCHED_LISTED = 100;

/** Lists the routes that are more specific than `matched`, which is what `matchRoute` found, in the order of precedence. */
export function listNotMatched(
  table: RouteTable,
  target: Target,
  incoming: RoutableRequest,
  matched: CompiledRoute | null,
): NotMatched[] {
  const host = hostRoutes(table, target.host);
  if (!host) return [];
  const facts = new RequestFacts(incoming);
  const groups = [...host.exact.values(), ...host.byPrefix.values()];
  const ordered = groups.flatMap(({ routes }) => routes).toSorted(byPrecedence);
  const more = matched ? ordered.slice(0, ordered.indexOf(matched)) : ordered;
  const all = more.map((route) => ({ route, pathFits: fitsPath(route, target.routePath) }));
  const near = all.filter(({ pathFits }) => pathFits).slice(0, NOT_MATCHED_LISTED);
  const far = all.filter(({ pathFits }) => !pathFits).slice(0, NOT_MATCHED_LISTED - near.length);
  const listed = new Set([...near, ...far]);
  return all
    .filter((one) => listed.has(one))
    .map(({ route, pathFits }) => ({
      route: route.config.id,
      failed: [
        ...(pathFits ? [] : ['path']),
        ...(route.conditions ? failedConditions(route.conditions, facts) : []),
        ...(pathFits && route.redirect && leadsToItself(route.redirect, target) ? ['redirect'] : []),
      ],
    }));
}

const fitsPath = ({ isExact, path }: CompiledRoute, asked: string): boolean =>
  asked === path || (!isExact && asked.startsWith(`${path}/`));
