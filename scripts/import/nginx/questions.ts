/**
 * What a walk can know: the values of nginx's variables, and the ways after a question of an `if` or a `map`. No I/O.
 */
import { type Condition, type Facts, splitBy, splitByMethod } from '../conditions.ts';
import { HOST, type PathClass, QUERY, REST, SCHEME, symbolOf } from '../paths.ts';
import type { Report } from '../report.ts';
import type { Location, Locations, Scope } from './locations.ts';
import type { Directive } from './parse.ts';
import { type Below, type Matched, matchText } from './regex.ts';
import {
  type MapVariable,
  readText,
  readValues,
  type SplitVariable,
  sourceOf,
  type Variables,
} from './variables.ts';

/** A server under one of its names. */
export interface Site {
  readonly directive: Directive;
  readonly scope: Scope;
  readonly locations: Locations;
  /** Exact, or a wildcard. */
  readonly host: string;
  readonly serverName: string;
  /** Null: it listens for both. */
  readonly scheme: 'http' | 'https' | null;
}

export interface WalkOptions {
  readonly variables: Variables;
  readonly report: Report;
  readonly allowOpen: boolean;
  /** Called for each longer path that needs a class of its own. */
  readonly addClass: (added: PathClass) => void;
  /** Called for each location that requests come through. */
  readonly visit: (location: Location) => void;
}

/** What holds for the requests of one way so far. */
export interface State {
  readonly facts: Facts;
  readonly uri: string;
  readonly set: ReadonlyMap<string, string | SplitVariable>;
  readonly captures: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly scope: Scope;
  readonly location: Location | null;
  readonly isInternal: boolean;
  readonly isRewritten: boolean;
  readonly hops: number;
}

/** The ways of the requests for which something holds, and of the others. */
interface Answers {
  readonly yes: State[];
  readonly no: State[];
}

/** Answers questions about the requests of one path class. */
export class Questions {
  readonly #site: Site;
  readonly #start: PathClass;
  readonly #options: WalkOptions;
  readonly #request: string;

  constructor(site: Site, start: PathClass, options: WalkOptions) {
    this.#site = site;
    this.#start = start;
    this.#options = options;
    this.#request = symbolOf(start);
  }

  splitOf(text: string, state: State): SplitVariable | null {
    const [, name] = /^\$\{?(\w+)\}?$/.exec(text) ?? [];
    if (name === undefined) return null;
    const own = state.set.get(name);
    if (own !== undefined) return typeof own === 'string' ? null : own;
    return this.#options.variables.splits.get(name) ?? null;
  }

  /** A text with its variables in place, for each way through the maps in it. Null: some are not known. */
  texts(text: string, state: State): { state: State; text: string | null }[] {
    const parts = readText(text);
    for (const part of parts) {
      if (typeof part === 'string' || this.#known(part.variable, state) !== null) continue;
      const ways = this.#branch(part.variable, state);
      if (!ways) return [{ state, text: null }];
      return ways.flatMap((way) => this.texts(text, way));
    }
    const joined = parts
      .map((part) => (typeof part === 'string' ? part : this.#known(part.variable, state)!))
      .join('');
    // `$uri$is_args$args`, `$uri?$args`: the query as it came.
    return [{ state, text: joined.replace(/\?\uE001/, QUERY).replace(/\uE001\uE001/, QUERY) }];
  }

  #known(name: string, state: State): string | null {
    const own = state.set.get(name);
    if (typeof own === 'string') return own;
    if (/^\d$/.test(name)) return state.captures[Number(name)] ?? '';
    const named = state.names[name];
    if (named !== undefined) return named;
    switch (name) {
      case 'uri':
      case 'document_uri':
        return state.uri;
      case 'request_uri':
        return this.#request + QUERY;
      case 'is_args':
        return QUERY;
      case 'args':
      case 'query_string':
        return QUERY;
      case 'host':
      case 'http_host':
        return HOST;
      case 'server_name':
        return this.#site.serverName;
      case 'scheme':
        return SCHEME;
      default:
        return null;
    }
  }

  /** The ways through a map, each with the variable set. */
  #branch(name: string, state: State): State[] | null {
    const map = this.#options.variables.maps.get(name);
    if (!map) return null;
    const found = readText(map.source);
    const [source] = found;
    if (found.length !== 1 || source === undefined || typeof source === 'string') return null;
    const withValue = (from: State, value: string) => ({ ...from, set: new Map(from.set).set(name, value) });
    const results: State[] = [];
    let left: State[] = [state];
    const exactFirst = map.cases.toSorted(
      (a, b) => Number(a.key.startsWith('~')) - Number(b.key.startsWith('~')),
    );
    for (const { key, value } of exactFirst) {
      const question = questionOf(source.variable, key);
      const next: State[] = [];
      for (const one of left) {
        const answers = this.ask(question, one, map.directive);
        if (!answers) return null;
        results.push(...answers.yes.map((yes) => withValue(yes, value)));
        next.push(...answers.no);
      }
      left = next;
    }
    this.#noteCase(map, source.variable);
    return [...results, ...left.map((one) => withValue(one, map.fallback))].flatMap((one) =>
      this.texts(String(one.set.get(name)), { ...one, set: without(one.set, name) }).map(
        ({ state: then, text }) => withValue(then, text ?? ''),
      ),
    );
  }

  #noteCase(map: MapVariable, variable: string): void {
    if (sourceOf(variable) && map.cases.some(({ key }) => /^[^~]*[a-z]/i.test(key)))
      this.#options.report.note(map.directive, 'changed', 'its values are compared with their case');
  }

  match(pattern: string, ignoresCase: boolean, text: string): Matched {
    const matched = matchText(pattern, ignoresCase, text);
    if (matched.kind !== 'maybe') this.addBelow(text, matched.below);
    return matched;
  }

  /** The requests for which an `if` holds, and the others; null when routes cannot tell them apart. */
  ask(question: string, state: State, directive: Directive): Answers | null {
    const file = /^!?-[fdex]\s/.exec(question);
    if (file) {
      this.#options.report.note(directive, 'changed', 'no file is there: files are not looked for');
      return question.startsWith('!') ? { yes: [state], no: [] } : { yes: [], no: [state] };
    }
    const [, variable, operator = '', raw = ''] =
      /^\$\{?(\w+)\}?\s*(=|!=|~\*|~|!~\*|!~)?\s*(.*)$/s.exec(question) ?? [];
    if (variable === undefined) return null;
    const operand =
      /^"(.*)"$|^'(.*)'$/s
        .exec(raw)
        ?.slice(1)
        .find((one) => one !== undefined) ?? raw;
    const isNegated = operator.startsWith('!');
    const positive = operator.replace(/^!/, '');
    const turn = (answers: Answers | null) =>
      answers && isNegated ? { yes: answers.no, no: answers.yes } : answers;
    if (this.#known(variable, state) === null && this.#options.variables.maps.has(variable)) {
      const ways = this.#branch(variable, state);
      if (!ways) return null;
      const all = ways.map((way) => this.#askKnown(String(way.set.get(variable)), positive, operand, way));
      if (all.includes(null)) return null;
      return turn({ yes: all.flatMap((one) => one!.yes), no: all.flatMap((one) => one!.no) });
    }
    if (variable === 'request_method') return turn(this.#askMethod(positive, operand, state));
    const source = sourceOf(variable);
    if (source) return turn(this.#askSource(source, positive, operand, state, directive));
    const value = this.#valueFor(variable, state);
    return value === null ? null : turn(this.#askKnown(value, positive, operand, state));
  }

  /** What is known of a variable that an `if` asks for. */
  #valueFor(variable: string, state: State): string | null {
    const { host, scheme } = this.#site;
    if (variable === 'host' || variable === 'http_host') return host.startsWith('*') ? null : host;
    if (variable === 'scheme') return scheme;
    if (variable === 'https') return scheme === null ? null : scheme === 'https' ? 'on' : '';
    if (variable === 'request_uri') return this.#request;
    const known = this.#known(variable, state);
    return known !== null && /[\uE001-\uE003]/.test(known) ? null : known;
  }

  #askKnown(value: string, operator: string, operand: string, state: State): Answers | null {
    const answer = (is: boolean) => (is ? { yes: [state], no: [] } : { yes: [], no: [state] });
    if (operator === '') return answer(value !== '' && value !== '0');
    if (operator === '=') {
      if (!value.includes(REST)) return answer(value === operand);
      // One path among many: it gets a class of its own.
      if (operand.startsWith(value.slice(0, -1))) this.addBelow(value, [{ text: operand, isExact: true }]);
      return answer(false);
    }
    const matched = this.match(operand, operator === '~*', value);
    if (matched.kind === 'maybe') return null;
    if (matched.kind === 'no') return answer(false);
    const { captures, names } = matched;
    return { yes: [{ ...state, captures, names: { ...state.names, ...names } }], no: [] };
  }

  #askMethod(operator: string, operand: string, state: State): Answers | null {
    const values = operator === '=' ? [{ value: operand }] : operator === '~' ? readValues(operand) : null;
    if (!values?.every(({ value }) => value !== undefined)) return null;
    const { yes, no } = splitByMethod(
      state.facts,
      values.map(({ value }) => value!),
    );
    return { yes: yes ? [{ ...state, facts: yes }] : [], no: no ? [{ ...state, facts: no }] : [] };
  }

  #askSource(
    source: Pick<Condition, 'on' | 'name'>,
    operator: string,
    operand: string,
    state: State,
    directive: Directive,
  ): Answers | null {
    if (operator === '' || (operator === '=' && operand === '')) {
      const { yes, no } = splitBy(state.facts, [{ ...source, present: true }]);
      const present = yes.map((facts) => ({ ...state, facts }));
      const absent = no ? [{ ...state, facts: no }] : [];
      if (operator !== '') return { yes: absent, no: present };
      this.#options.report.note(directive, 'changed', 'a value that is empty or 0 counts as set');
      return { yes: present, no: absent };
    }
    const values = operator === '=' ? [{ value: operand }] : readValues(operand);
    if (!values || (operator === '~*' && /[a-z]/i.test(operand))) return null;
    const { yes, no } = splitBy(
      state.facts,
      values.map((value) => ({ ...source, ...value })),
    );
    return { yes: yes.map((facts) => ({ ...state, facts })), no: no ? [{ ...state, facts: no }] : [] };
  }

  /** Turns longer paths of the current URI into classes of requests. */
  addBelow(uri: string, below: readonly Below[]): void {
    if (!uri.endsWith(REST) || this.#start.isExact) return;
    const base = uri.slice(0, -1);
    for (const { text, isExact } of below)
      this.#options.addClass({ path: this.#start.path + text.slice(base.length), isExact });
  }
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** The question whether a map's key fits, as an `if` would ask it. */
function questionOf(variable: string, key: string): string {
  if (key.startsWith('~*')) return `$${variable} ~* ${key.slice(2)}`;
  if (key.startsWith('~')) return `$${variable} ~ ${key.slice(1)}`;
  return `$${variable} = ${key === '' ? '""' : key}`;
}
