/** From the ways of all path classes of one host to its routes: which are needed, and what their borders change. No I/O. */
import { prefixOf } from '../../worker/config/path.ts';
import { type Facts, matchOf } from './conditions.ts';
import type { Draft, Json } from './draft.ts';
import { encodePath, type PathClass } from './paths.ts';
import type { Report, Source } from './report.ts';

/** How some requests of a class end. */
export interface Way {
  readonly facts: Facts;
  /** A route's keys beside id, host, path and match; null: no route can do it. */
  readonly action: Json | null;
  /** The directive that decided. */
  readonly source: Source;
  /** The location or rule that counts as carried over or not. */
  readonly part: Source;
  readonly isGuard: boolean;
  /** For what is not carried over: why; null: nothing is lost. */
  readonly why: string | null;
}

export interface HostRules {
  readonly host: string;

  /** The paths that the file names. */
  readonly declared: readonly PathClass[];
  /** How the requests of a class end; `add` is called for longer paths that need classes of their own. */
  readonly evaluate: (one: PathClass, add: (added: PathClass) => void) => readonly Way[];
}

interface Entry {
  readonly one: PathClass;
  readonly path: string;
  readonly ways: readonly Way[];
}

/** Where the requests for a path go, in words. */
export type Where = (path: string) => string;

/** Paths beside those that the file names: rewrites that lead to one another would add more and more. */
const MOST_ADDED = 5_000;

/** Adds the routes of one host to a draft; returns where each path goes then. */
export function emitRoutes({ host, declared, evaluate }: HostRules, draft: Draft, report: Report): Where {
  const entries = new Map<string, Entry>();
  const waiting: PathClass[] = [];
  const known = new Set<string>();
  // Each named path may need a route for its form without a slash.
  const most = 2 * declared.length + MOST_ADDED;
  let isCut = false;
  /** Exact paths that only lack the slash of a prefix; the file says nothing of them. */
  const slashless = new Set<string>();
  const add = (one: PathClass) => {
    const key = keyOf(one);
    if (known.has(key)) return;
    if (known.size >= most) {
      isCut = true;
      return;
    }
    known.add(key);
    waiting.push(one);
  };
  for (const one of declared) add(one);
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    entries.set(keyOf(one), { one, path: encodePath(one.path), ways: evaluate(one, add) });
    const { path, isExact } = one;
    // `/a/` takes `/a` along, and `/a` beside `/a/` would take what is below: both have an exact route for `/a` then.
    if (!isExact && path.length > 1 && path.endsWith('/')) {
      const bare = { path: path.slice(0, -1), isExact: true };
      if (!known.has(keyOf(bare))) slashless.add(keyOf(bare));
      add(bare);
    }
  }
  for (const [key, { one }] of [...entries])
    if (
      !one.isExact &&
      !one.path.endsWith('/') &&
      entries.has(keyOf({ path: `${one.path}/`, isExact: false }))
    )
      entries.delete(key);
  const all = [...entries.values()];
  const names = new Set(declared.map(keyOf));
  const table = new Table(all);
  const needed = all.filter((entry) => names.has(keyOf(entry.one)) || !table.isRedundant(entry));
  for (const entry of needed) addRoutes(host, entry, draft);
  const written = new Table(needed);
  for (const entry of needed) noteBorder(entry, written, report);
  const isNeeded = new Set(needed);
  for (const entry of all)
    if (isNeeded.has(entry) || !slashless.has(keyOf(entry.one))) noteLost(entry, written, report);
  const first = all[0]?.ways[0]?.part;
  if (isCut && first)
    report.lose(
      first,
      'elsewhere',
      `its rules tell more than ${MOST_ADDED} further paths apart; the rest is left out`,
      first,
    );
  return (path) => written.describe(path);
}

const keyOf = ({ path, isExact }: PathClass): string => `${isExact ? '=' : '^'}${path}`;

function addRoutes(host: string, { one, path, ways }: Entry, draft: Draft): void {
  const carried = ways.filter(({ action }) => action !== null);
  const name = path === '/' ? host : host + path;
  const isSame = new Set(carried.map(({ action }) => JSON.stringify(action))).size === 1;
  for (const way of isSame && carried.length === ways.length ? carried.slice(0, 1) : carried) {
    const match = isSame && carried.length === ways.length ? {} : matchOf(way.facts);
    const document = {
      host,
      path,
      ...(one.isExact ? { pathMatch: 'exact' } : {}),
      ...(Object.keys(match).length > 0 ? { match } : {}),
      ...way.action,
    };
    draft.addRoute(name, document, { source: way.source, part: way.part, isGuard: way.isGuard });
  }
}

/** Says what a prefix without a slash at its end does not take along. */
function noteBorder({ one, path, ways }: Entry, table: Table, report: Report): void {
  if (one.isExact || path.endsWith('/')) return;
  const outside = table.find(`${path}x`);
  const answers = (entry: Entry | null) =>
    JSON.stringify(entry?.ways.map(({ action }) => action && target(action)) ?? []);
  const [first] = ways;
  if (!first || answers(outside) === answers({ one, path, ways })) return;
  const text = `a prefix ends at a slash here: ${path}x is not meant, but ${table.describe(`${path}x`)}`;
  report.note(first.part, ways.some(({ isGuard }) => isGuard) ? 'open' : 'changed', text);
}

function noteLost({ path, ways, one }: Entry, table: Table, report: Report): void {
  for (const { action, source, part, why, isGuard } of ways) {
    if (action !== null || why === null) continue;
    const where =
      ways.length > 1
        ? 'some of its requests fall to other routes'
        : `its requests ${table.describe(path, one)}`;
    report.lose(source, isGuard ? 'open' : 'elsewhere', `${why}; ${where}`, part);
  }
}

/** What an action leads to, without the changes on the way. */
function target({ pool, split, redirect, respond }: Json): Json {
  return { pool, split, redirect, respond };
}

/** Finds entries as the product finds routes. */
class Table {
  readonly #exact = new Map<string, Entry>();
  readonly #prefixes = new Map<string, Entry>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries)
      if (entry.one.isExact) this.#exact.set(entry.path, entry);
      else this.#prefixes.set(prefixOf(entry.path), entry);
  }

  /** The entry for a path that has a way to act, apart from `except`. */
  find(path: string, except?: PathClass): Entry | null {
    const fits = (entry: Entry | undefined) =>
      entry && entry.one !== except && entry.ways.some(({ action }) => action !== null) ? entry : null;
    const exact = fits(this.#exact.get(path));
    if (exact) return exact;
    for (
      let end = path.length;
      end >= 0;
      end = end === 0 ? -1 : Math.max(path.lastIndexOf('/', end - 1), 0)
    ) {
      const found = fits(this.#prefixes.get(path.slice(0, end)));
      if (found) return found;
    }
    return null;
  }

  describe(path: string, except?: PathClass): string {
    const found = this.find(path, except);
    if (!found) return 'get 404';
    const answers = new Set(found.ways.flatMap(({ action }) => (action ? [describeAction(action)] : [])));
    return [...answers].join(' or ');
  }

  /** Whether the routes around would answer the same without this entry. */
  isRedundant({ one, path, ways }: Entry): boolean {
    const around = this.#around(one, path);
    if (!around) return ways.every(({ action }) => action === null);
    const sample = one.isExact ? path : `${prefixOf(path)}/x`;
    const answers = (some: readonly Way[], from: PathClass, at: string) =>
      JSON.stringify(some.map(({ facts, action }) => [facts, answerAt(action, from, at, sample)]));
    if (ways.length === 1 && around.ways.length === 1)
      return (
        answerAt(ways[0]!.action, one, path, sample) ===
        answerAt(around.ways[0]!.action, around.one, around.path, sample)
      );
    return answers(ways, one, path) === answers(around.ways, around.one, around.path);
  }

  #around(one: PathClass, path: string): Entry | null {
    let end = one.isExact ? path.length : prefixOf(path).lastIndexOf('/');
    for (; end >= 0; end = end === 0 ? -1 : Math.max(path.lastIndexOf('/', end - 1), 0)) {
      const found = this.#prefixes.get(path.slice(0, end));
      if (found) return found;
    }
    return null;
  }
}

function describeAction({ pool, split, redirect, respond }: Json): string {
  if (pool !== undefined) return `go to pool ${pool}`;
  if (split !== undefined) return 'go to a split';
  if (redirect !== undefined) return 'are redirected';
  return `get ${(respond as Json).status}`;
}

/** What a request for `path` gets by an action of the route at `at`. */
function answerAt(action: Json | null, from: PathClass, at: string, path: string): string {
  if (action === null) return 'none';
  const { stripPrefix, rewritePrefix, redirect, ...rest } = action;
  const replace = (to: unknown) => {
    if (typeof to !== 'string') return path;
    const after = from.isExact ? '' : path.slice(prefixOf(at).length);
    return after === '' ? to : prefixOf(to) + after;
  };
  const sent = replace(stripPrefix ? '/' : rewritePrefix);
  const moved = redirect as Json | undefined;
  return JSON.stringify([
    rest,
    sent,
    moved && { ...moved, prefix: undefined, path: moved.path ?? replace(moved.prefix) },
  ]);
}
