/** Which location of a server nginx takes for a path (ngx_http_core_module.c, ngx_http_core_find_location). No I/O. */
import { REST } from '../paths.ts';
import type { Directive } from './parse.ts';
import { type Below, matchText } from './regex.ts';

/** A block and the blocks around it, from which it inherits. */
export interface Scope {
  readonly block: readonly Directive[];
  readonly outer: Scope | null;
  /** The block of an `if`, which also takes over what answers a request. */
  readonly isIf?: boolean;
}

export interface Location extends Scope {
  readonly directive: Directive;
  readonly kind: 'prefix' | 'exact' | 'regex' | 'named' | 'impossible';
  /** The path, the expression, or the name with its @. */
  readonly name: string;
  /** `^~`: expressions are not asked. */
  readonly stopsRegex: boolean;
  readonly ignoresCase: boolean;
  readonly inner: Locations;
}

/** The locations of one level. */
export interface Locations {
  readonly exact: ReadonlyMap<string, Location>;
  readonly prefixes: ReadonlyMap<string, Location>;
  /** The lengths of the prefixes, the longest first. */
  readonly lengths: readonly number[];
  readonly regexes: readonly Location[];
  readonly all: readonly Location[];
}

/** Reads the locations of a server or of a location. */
export function readLocations(scope: Scope): Locations {
  const all = scope.block
    .filter((directive) => directive.name === 'location' && directive.block)
    .map((directive) => readLocation(directive, scope));
  const named = (kind: Location['kind']) => {
    const map = new Map<string, Location>();
    for (const one of all) if (one.kind === kind && !map.has(one.name)) map.set(one.name, one);
    return map;
  };
  const prefixes = named('prefix');
  const lengths = [...new Set([...prefixes.keys()].map((name) => name.length))].sort((a, b) => b - a);
  return {
    exact: named('exact'),
    prefixes,
    lengths,
    regexes: all.filter(({ kind }) => kind === 'regex'),
    all,
  };
}

function readLocation(directive: Directive, outer: Scope): Location {
  // The modifier may stand right before the path: `^~/static/`, `=/health`.
  const [, glued, rest] = /^(=|\^~|~\*|~)(.*)$/s.exec(directive.args[0] ?? '') ?? [];
  const modifier = glued ?? '';
  const name = glued === undefined ? (directive.args[0] ?? '') : rest || (directive.args[1] ?? '');
  const isRegex = modifier.startsWith('~');
  const kind = isRegex
    ? 'regex'
    : name.startsWith('@')
      ? 'named'
      : !name.startsWith('/')
        ? 'impossible'
        : modifier === '='
          ? 'exact'
          : 'prefix';
  const scope = { block: directive.block ?? [], outer };
  return {
    ...scope,
    directive,
    kind,
    name,
    stopsRegex: modifier === '^~',
    ignoresCase: modifier === '~*',
    inner: readLocations(scope),
  };
}

/** Every location, nested ones too. */
export const allLocations = (locations: Locations): Location[] =>
  locations.all.flatMap((one) => [one, ...allLocations(one.inner)]);

export interface Found {
  readonly location: Location | null;
  /** The path lacks only the slash at the end of this location, which nginx adds by a redirect. */
  readonly needsSlash: boolean;
  /** Captures of the location's expression. */
  readonly captures: readonly string[] | null;
  readonly names: Readonly<Record<string, string>>;
  /** Longer paths that expressions treat in their own way. */
  readonly below: readonly Below[];
}

const NONE = { needsSlash: false, captures: null, names: {} };

/** Finds the location for `uri`, which may end with REST. Expressions that cannot be judged for it do not count. */
export function locate(locations: Locations, uri: string): Found {
  const below: Below[] = [];
  return { ...search(locations, uri, below), below };
}

type Search = Omit<Found, 'below'> & { isFinal: boolean };

function search(locations: Locations, uri: string, below: Below[]): Search {
  const isOpen = uri.endsWith(REST);
  const path = isOpen ? uri.slice(0, -1) : uri;
  const exact = isOpen ? undefined : locations.exact.get(path);
  if (exact) return { ...NONE, location: exact, isFinal: true };
  const length = locations.lengths.find(
    (one) => one <= path.length && locations.prefixes.has(path.slice(0, one)),
  );
  const prefix = length === undefined ? null : locations.prefixes.get(path.slice(0, length))!;
  if (!isOpen && prefix?.name !== path) {
    const slashed = locations.exact.get(`${path}/`) ?? locations.prefixes.get(`${path}/`);
    if (slashed && isProxying(slashed))
      return { ...NONE, needsSlash: true, location: slashed, isFinal: true };
  }
  const inner = prefix ? search(prefix.inner, uri, below) : null;
  if (inner?.isFinal) return inner;
  const found = inner?.location ? inner : { ...NONE, location: prefix, isFinal: false };
  if (prefix?.stopsRegex) return found;
  for (const regex of locations.regexes) {
    const matched = matchText(regex.name, regex.ignoresCase, uri);
    if (matched.kind === 'maybe') continue;
    below.push(...matched.below);
    if (matched.kind === 'no') continue;
    const nested = search(regex.inner, uri, below);
    if (nested.location) return { ...nested, isFinal: true };
    return {
      location: regex,
      needsSlash: false,
      captures: matched.captures,
      names: matched.names,
      isFinal: true,
    };
  }
  return found;
}

/** nginx adds slashes only for locations that pass requests on. */
const isProxying = ({ block }: Location): boolean =>
  block.some(({ name }) => /^(proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass$/.test(name));

/** A block's directives by name; a block of thousands of locations is asked as often. */
const indexes = new WeakMap<readonly Directive[], ReadonlyMap<string, readonly Directive[]>>();

function indexOf(block: readonly Directive[]): ReadonlyMap<string, readonly Directive[]> {
  const known = indexes.get(block);
  if (known) return known;
  const index = Map.groupBy(block, ({ name }) => name);
  indexes.set(block, index);
  return index;
}

/** The directives of this name that hold in a scope: those of the innermost block that has any. */
export function inherited(scope: Scope | null, ...names: readonly string[]): readonly Directive[] {
  for (let at = scope; at; at = at.outer) {
    const index = indexOf(at.block);
    const [first = [], ...more] = names.flatMap((name) => {
      const own = index.get(name);
      return own ? [own] : [];
    });
    if (more.length > 0) return at.block.filter(({ name }) => names.includes(name));
    if (first.length > 0) return first;
  }
  return [];
}

/** The first directive of a block whose name fits. */
export function findNamed(block: readonly Directive[], pattern: RegExp): Directive | undefined {
  for (const [name, [first]] of indexOf(block)) if (pattern.test(name)) return first;
  return undefined;
}

/** The last such directive. */
export const setting = (scope: Scope | null, name: string): Directive | undefined =>
  inherited(scope, name).at(-1);
