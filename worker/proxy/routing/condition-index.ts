/** Finds the first of many routes on one path whose conditions hold, without looking at each of them. No I/O. */
import type { Condition, Conditions, RequestFacts, Source } from './conditions.ts';

/** What the index needs of a route. */
export interface Conditional {
  readonly conditions: Conditions | null;
}

/** A request is asked for each name up to this number of them; beyond it, its own names are looked up. */
const NAMES_ASKED = 16;

/** An entry under a key, with its place in the order. */
interface Ranked<R> {
  readonly rank: number;
  readonly route: R;
}

/** The routes that need one named value, by what they need of it. */
class NamedBucket<R> {
  readonly present: Ranked<R>[] = [];
  readonly byValue = new Map<string, Ranked<R>[]>();
  readonly byPrefix = new Map<string, Ranked<R>[]>();
  readonly prefixLengths = new Set<number>();
}

/**
 * Each route is filed under one condition that must hold: the one that the fewest other routes have. A request comes to the
 * routes that are filed under its own values, and to those without such a condition.
 */
export class ConditionIndex<R extends Conditional> {
  readonly #named: Readonly<Record<Source, Map<string, NamedBucket<R>>>> = {
    headers: new Map(),
    cookies: new Map(),
    query: new Map(),
  };
  readonly #byMethod = new Map<string, Ranked<R>[]>();
  readonly #byCountry = new Map<string, Ranked<R>[]>();
  /** Routes all of whose conditions are inverted, or that have none. */
  readonly #rest: Ranked<R>[] = [];

  /** `routes` in the order of precedence. */
  constructor(routes: readonly R[]) {
    const uses = new Map<string, number>();
    for (const { conditions } of routes)
      for (const key of keysOf(conditions)) uses.set(key, (uses.get(key) ?? 0) + 1);
    routes.forEach((route, rank) => {
      this.#file({ rank, route }, uses);
    });
  }

  #file(entry: Ranked<R>, uses: ReadonlyMap<string, number>): void {
    const { conditions } = entry.route;
    const usesOf = (key: string) => uses.get(key) ?? 0;
    const named = (conditions?.named ?? []).filter(({ not }) => !not);
    const best = named.toSorted((a, b) => usesOf(keyOf(a)) - usesOf(keyOf(b)))[0];
    const { methods = [], countries = [] } = conditions ?? {};
    if (best) this.#fileNamed(entry, best);
    else if (countries.length > 0)
      for (const country of countries) fileUnder(this.#byCountry, country, entry);
    else if (methods.length > 0) for (const method of methods) fileUnder(this.#byMethod, method, entry);
    else this.#rest.push(entry);
  }

  #fileNamed(entry: Ranked<R>, { source, name, value, prefix }: Condition): void {
    const buckets = this.#named[source];
    let bucket = buckets.get(name);
    if (!bucket) {
      bucket = new NamedBucket();
      buckets.set(name, bucket);
    }
    if (value !== undefined) fileUnder(bucket.byValue, value, entry);
    else if (prefix === undefined) bucket.present.push(entry);
    else {
      fileUnder(bucket.byPrefix, prefix, entry);
      bucket.prefixLengths.add(prefix.length);
    }
  }

  /** Finds the first route, in the order of precedence, for which `fits` is true; null: none. */
  find(facts: RequestFacts, fits: (route: R) => boolean): R | null {
    let best: Ranked<R> | null = null;
    const consider = (entries: readonly Ranked<R>[] | undefined) => {
      for (const entry of entries ?? []) {
        if (best && entry.rank >= best.rank) return;
        if (!fits(entry.route)) continue;
        best = entry;
        return;
      }
    };
    for (const source of ['headers', 'cookies', 'query'] as const) {
      const buckets = this.#named[source];
      if (buckets.size === 0) continue;
      for (const [name, value] of ownValues(facts, source, buckets)) {
        const bucket = buckets.get(name);
        if (!bucket) continue;
        consider(bucket.byValue.get(value));
        for (const length of bucket.prefixLengths)
          if (length <= value.length) consider(bucket.byPrefix.get(value.slice(0, length)));
        consider(bucket.present);
      }
    }
    if (this.#byMethod.size > 0) consider(this.#byMethod.get(facts.method));
    if (this.#byCountry.size > 0 && facts.country !== null) consider(this.#byCountry.get(facts.country));
    consider(this.#rest);
    return (best as Ranked<R> | null)?.route ?? null;
  }
}

/** The values of a request that routes may be filed under. */
function* ownValues(
  facts: RequestFacts,
  source: Source,
  buckets: ReadonlyMap<string, unknown>,
): Generator<readonly [string, string]> {
  const values = facts[source];
  if (buckets.size > NAMES_ASKED) {
    yield* values;
    return;
  }
  for (const name of buckets.keys()) {
    const value = values.get(name);
    if (value !== null && value !== undefined) yield [name, value];
  }
}

function fileUnder<R>(map: Map<string, Ranked<R>[]>, key: string, entry: Ranked<R>): void {
  const entries = map.get(key);
  if (!entries) map.set(key, [entry]);
  // A list may name a method twice.
  else if (entries.at(-1) !== entry) entries.push(entry);
}

const keyOf = ({ source, name, value, prefix }: Condition): string =>
  value !== undefined
    ? `${source} ${name}=${value}`
    : prefix !== undefined
      ? `${source} ${name}^${prefix}`
      : `${source} ${name}`;

const keysOf = (conditions: Conditions | null): string[] =>
  (conditions?.named ?? []).filter(({ not }) => !not).map(keyOf);
