/** The conditions of routes: compiled once per configuration, evaluated against one request's facts. No I/O. */
import { hasConditions } from '../../config/check-route.ts';
import type { RouteConfig } from '../../config/schema.ts';
import { parseCookies } from '../../lib/cookies.ts';

/** What routing may look at beside host and path. */
export interface RoutableRequest {
  readonly request: Request;
  readonly headers: Headers;
  readonly target: { readonly query: string };
  /** Stands for what the platform says, where no client sends the request. */
  readonly country?: string | null | undefined;
}

/** The facts of one request, each read once and only when a condition asks for it. */
export class RequestFacts {
  readonly #incoming: RoutableRequest;
  #cookies: ReadonlyMap<string, string> | null = null;
  #query: ReadonlyMap<string, string> | null = null;
  #country: string | null | undefined;

  constructor(incoming: RoutableRequest) {
    this.#incoming = incoming;
  }

  get method(): string {
    return this.#incoming.request.method;
  }

  get headers(): Headers {
    return this.#incoming.headers;
  }

  /** By name; of several cookies of one name the first. */
  get cookies(): ReadonlyMap<string, string> {
    const cookies = this.#cookies ?? parseCookies(this.#incoming.headers.get('cookie'));
    this.#cookies = cookies;
    return cookies;
  }

  /** By name, percent-decoded; of several parameters of one name the first. */
  get query(): ReadonlyMap<string, string> {
    const query = this.#query ?? parseQuery(this.#incoming.target.query);
    this.#query = query;
    return query;
  }

  get country(): string | null {
    const country = this.#country === undefined ? countryOf(this.#incoming) : this.#country;
    this.#country = country;
    return country;
  }
}

/** The client's country (two letters), or null where the platform does not know it. */
export function countryOf({ request, country }: RoutableRequest): string | null {
  const known = country === undefined ? (request.cf as { country?: string } | undefined)?.country : country;
  return known === undefined || known === UNKNOWN_COUNTRY ? null : known;
}

/** What the platform says of an address that it cannot place. */
const UNKNOWN_COUNTRY = 'XX';

function parseQuery(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of query.slice(1).split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (name !== '' && !found.has(name)) found.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1)));
  }
  return found;
}

/** Percent-decodes; text with a broken escape stays as it is. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Where a named condition looks. */
export type Source = 'headers' | 'cookies' | 'query';
type NamedCondition = NonNullable<RouteConfig['match'][Source]>[number];

/** A condition on one named value. */
export interface Condition {
  readonly source: Source;
  /** Header names are in lower case. */
  readonly name: string;
  /** Undefined: any value will do. */
  readonly value: string | undefined;
  readonly prefix: string | undefined;
  readonly not: boolean;
}

/** All conditions of one route. */
export interface Conditions {
  readonly methods: readonly string[];
  readonly countries: readonly string[];
  readonly named: readonly Condition[];
}

/** Compiles the conditions of a route; null: it has none. */
export function compileConditions(route: RouteConfig): Conditions | null {
  if (!hasConditions(route)) return null;
  const { methods = [], headers = [], cookies = [], query = [], countries = [] } = route.match;
  const compile =
    (source: Source) =>
    ({ name, value, prefix, not = false }: NamedCondition): Condition => ({
      source,
      name: source === 'headers' ? name.toLowerCase() : name,
      value,
      prefix,
      not,
    });
  const named = [
    ...headers.map(compile('headers')),
    ...cookies.map(compile('cookies')),
    ...query.map(compile('query')),
  ];
  return { methods, countries, named };
}

/** Whether all conditions hold. */
export function hold({ methods, countries, named }: Conditions, facts: RequestFacts): boolean {
  if (methods.length > 0 && !methods.includes(facts.method)) return false;
  for (const condition of named) if (!holds(condition, facts)) return false;
  return countries.length === 0 || isIn(countries, facts.country);
}

const isIn = (countries: readonly string[], country: string | null): boolean =>
  country !== null && countries.includes(country);

/** Whether a named condition holds. A value that is not there fits nothing, so that `not` holds. */
function holds({ source, name, value, prefix, not }: Condition, facts: RequestFacts): boolean {
  const found = facts[source].get(name);
  if (found === undefined || found === null) return not;
  const fits = value !== undefined ? found === value : prefix !== undefined ? found.startsWith(prefix) : true;
  return fits !== not;
}

/** The conditions that do not hold, as explain names them: `methods`, `headers.NAME`, …, `countries`. */
export function failedConditions({ methods, countries, named }: Conditions, facts: RequestFacts): string[] {
  const failed = [
    ...(methods.length > 0 && !methods.includes(facts.method) ? ['methods'] : []),
    ...named.filter((one) => !holds(one, facts)).map(({ source, name }) => `${source}.${name}`),
    ...(countries.length > 0 && !isIn(countries, facts.country) ? ['countries'] : []),
  ];
  return [...new Set(failed)];
}
