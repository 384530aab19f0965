/**
 * Follows all requests of a path class through a server's phases, as nginx does: server rewrite, location, rewrite, access,
 * try_files, content. Where a rule asks for something that the path does not tell, both ways are followed. No I/O.
 */
import { type Facts, NOTHING, splitByMethod } from '../conditions.ts';
import { HOST, type PathClass, QUERY, REST, SCHEME, symbolOf } from '../paths.ts';
import { ALWAYS_USE_HTTPS } from '../report.ts';
import { findNamed, inherited, type Location, locate, type Scope, setting } from './locations.ts';
import type { Directive } from './parse.ts';
import { Questions, type Site, type State, type WalkOptions } from './questions.ts';
import { readText, type SplitVariable } from './variables.ts';

/** What answers the requests of one way. */
export type Effect =
  | {
      readonly kind: 'proxy';
      readonly scope: Scope;
      readonly cause: Directive;
      /** Where `proxy_pass` leads; several with weights after a `split_clients`. */
      readonly targets: readonly { readonly address: string; readonly weight: number }[];
      readonly split: SplitVariable | null;
      /** The path that the backend gets; may end with REST. */
      readonly uri: string;
    }
  | {
      readonly kind: 'respond';
      readonly scope: Scope;
      readonly cause: Directive;
      readonly status: number;
      readonly body: string;
      /** Not null if this refuses what the file closes: what nginx answers there, and to whom. */
      readonly guard: Guard | null;
    }
  | {
      readonly kind: 'redirect';
      readonly scope: Scope;
      readonly cause: Directive;
      readonly status: number;
      readonly url: string;
    }
  /** Nothing that a route can do. */
  | {
      readonly kind: 'none';
      readonly scope: Scope;
      readonly cause: Directive;
      readonly why: string;
      /** nginx looks for a file beside all locations, and answers 404 where it has none. */
      readonly isNotFound?: boolean;
    };

export interface Guard {
  readonly was: string;
  /** Answers another status than nginx did. */
  readonly changesStatus: boolean;
}

/** One way of a class's requests, and its end. */
export interface Leaf {
  readonly facts: Facts;
  readonly effect: Effect;
  /** The location that it ended in; null: the server itself. */
  readonly location: Location | null;
  /** Variables that `set` gave a value. */
  readonly known: ReadonlyMap<string, string>;
}

type Step =
  | { readonly kind: 'next'; readonly state: State }
  | { readonly kind: 'stop'; readonly state: State }
  | { readonly kind: 'locate'; readonly state: State }
  | { readonly kind: 'done'; readonly leaf: Leaf };

const MOST_HOPS = 10;
const MOST_WAYS = 64;

/** Returns how the requests of `start` end. */
export function walk(site: Site, start: PathClass, options: WalkOptions): Leaf[] {
  return new Walk(site, start, options).run();
}

/** Returns where nginx's own request for `target` ends, such as one of `mirror`; as if its path were that of `start`. */
export function walkInside(
  site: Site,
  start: PathClass,
  target: string | Location,
  options: WalkOptions,
): Leaf[] {
  return new Walk(site, start, options).runInside(target);
}

class Walk {
  readonly #site: Site;
  readonly #options: WalkOptions;
  readonly #request: string;
  readonly #questions: Questions;

  constructor(site: Site, start: PathClass, options: WalkOptions) {
    this.#site = site;
    this.#options = options;
    this.#request = symbolOf(start);
    this.#questions = new Questions(site, start, options);
  }

  #first(): State {
    return {
      facts: NOTHING,
      uri: this.#request,
      set: new Map(),
      captures: [],
      names: {},
      scope: this.#site.scope,
      location: null,
      isInternal: false,
      isRewritten: false,
      hops: 0,
    };
  }

  run(): Leaf[] {
    const state = this.#first();
    const leaves = this.#rewrite(this.#site.scope.block, state).flatMap((step) =>
      step.kind === 'done' ? [step.leaf] : this.#find(step.state),
    );
    if (leaves.length <= MOST_WAYS) return leaves;
    const why = `more than ${MOST_WAYS} ways through its conditions`;
    return [leaf(state, { kind: 'none', scope: state.scope, cause: this.#site.directive, why })];
  }

  /** As `run`, for a request of nginx's own: to a path, a named location, or right into a location. */
  runInside(target: string | Location): Leaf[] {
    const state = { ...this.#first(), isInternal: true };
    if (typeof target !== 'string') return this.#enter(target, { ...state, location: target, scope: target });
    return this.#jump(target, state) ?? [];
  }

  /** Finds the location, and goes on in it. */
  #find(state: State): Leaf[] {
    if (state.hops > MOST_HOPS)
      return [this.#none(state, this.#site.directive, 'its rewrites go round in a circle')];
    const { location, needsSlash, captures, names, below } = locate(this.#site.locations, state.uri);
    this.#questions.addBelow(state.uri, below);
    if (needsSlash && location) {
      const url = `${SCHEME}://${HOST}${state.uri}/${QUERY}`;
      return [
        leaf(state, { kind: 'redirect', scope: location, cause: location.directive, status: 301, url }),
      ];
    }
    if (!location) {
      const why = 'no location fits, and files are not served here';
      const cause = this.#site.directive;
      return [leaf(state, { kind: 'none', scope: state.scope, cause, why, isNotFound: true })];
    }
    const entered = {
      ...state,
      isRewritten: false,
      location,
      scope: location,
      captures: captures ?? state.captures,
      names: { ...state.names, ...names },
    };
    return this.#enter(location, entered);
  }

  #enter(location: Location, state: State): Leaf[] {
    this.#options.visit(location);
    const internal = location.block.find(({ name }) => name === 'internal');
    if (internal && !state.isInternal) {
      const refused = this.#guard(state, internal, 404, { was: '404', changesStatus: false });
      if (refused) return [refused];
    }
    return this.#rewrite(location.block, state).flatMap((step) => {
      if (step.kind === 'done') return [step.leaf];
      // A rewrite without a flag searches for a location too, once the phase is over.
      if (step.kind === 'locate' || (step.kind === 'next' && step.state.uri !== state.uri))
        return this.#find({ ...step.state, isInternal: true, hops: state.hops + 1 });
      return this.#access(step.state);
    });
  }

  // The rewrite phase: set, if, rewrite, return, break in their order.

  #rewrite(block: readonly Directive[], state: State): Step[] {
    let steps: Step[] = [{ kind: 'next', state }];
    for (const directive of block) {
      if (!REWRITING.has(directive.name)) continue;
      steps = steps.flatMap((step) =>
        step.kind === 'next' ? this.#rewriteBy(directive, step.state) : [step],
      );
      if (steps.length > MOST_WAYS) break;
    }
    return steps;
  }

  #rewriteBy(directive: Directive, state: State): Step[] {
    switch (directive.name) {
      case 'set':
        return this.#set(directive, state);
      case 'if':
        return this.#if(directive, state);
      case 'rewrite':
        return this.#rewriteUri(directive, state);
      case 'return':
        return this.#return(directive, state).map((one) => ({ kind: 'done', leaf: one }));
      default:
        return [{ kind: 'stop', state }];
    }
  }

  #set(directive: Directive, state: State): Step[] {
    const [variable = '', value = ''] = directive.args;
    const name = variable.replace(/^\$\{?|\}$/g, '');
    const split = this.#questions.splitOf(value, state);
    if (split) return [{ kind: 'next', state: { ...state, set: new Map(state.set).set(name, split) } }];
    return this.#questions.texts(value, state).map(({ state: then, text }) => {
      const set = new Map(then.set);
      if (text === null) set.delete(name);
      else set.set(name, text);
      return { kind: 'next', state: { ...then, set } };
    });
  }

  #if(directive: Directive, state: State): Step[] {
    const question = directive.args.join(' ').replace(/^\(\s*|\s*\)$/g, '');
    const answers = this.#questions.ask(question, state, directive);
    if (!answers) return this.#skipIf(directive, question, state);
    const block = directive.block ?? [];
    const owns = block.some(({ name }) => !REWRITING.has(name));
    return [
      ...answers.yes.flatMap((one) =>
        this.#rewrite(block, owns ? { ...one, scope: { block, outer: one.scope, isIf: true } } : one),
      ),
      ...answers.no.map((one): Step => ({ kind: 'next', state: one })),
    ];
  }

  /** An `if` that nothing is known of. If it lets only some requests through, all are refused. */
  #skipIf(directive: Directive, question: string, state: State): Step[] {
    const { report, allowOpen } = this.#options;
    const go: Step[] = [{ kind: 'next', state }];
    const refusal = (directive.block ?? []).find(
      ({ name, args }) => name === 'return' && Number(args[0]) >= 400,
    );
    const part = state.location?.directive ?? this.#site.directive;
    if (refusal) {
      const status = Number(refusal.args[0]);
      if (this.#letsSomeIn(question) && !allowOpen) {
        const guard = { was: `${status} unless ${question.replace(/!/, '')}`, changesStatus: true };
        const refused = this.#guard(state, directive, asStatus(status), guard);
        if (refused) return [{ kind: 'done', leaf: refused }];
      }
      report.lose(directive, 'open', `answers ${status} in nginx; routes cannot ask for ${question}`, part);
      return go;
    }
    if (isHttpsSwitch(directive)) report.note(directive, 'cloudflare', ALWAYS_USE_HTTPS);
    else if (isHarmless(directive))
      report.note(directive, 'changed', `its settings are left out: routes cannot ask for ${question}`);
    else report.lose(directive, 'elsewhere', `not carried over: routes cannot ask for ${question}`, part);
    return go;
  }

  /** Whether a guard refuses requests of which nothing is known. */
  #letsSomeIn(question: string): boolean {
    const [, name = '', operator = '', operand = ''] = /^\$(\w+)\s*(\S*)\s*(.*)$/.exec(question) ?? [];
    const { geos, maps } = this.#options.variables;
    const known = geos.get(name) ?? maps.get(name);
    if (known) {
      const value = known.fallback;
      if (operator === '') return value !== '' && value !== '0';
      if (operator === '=' || operator === '!=') return (value === operand) === (operator === '=');
    }
    return (
      operator.startsWith('!') || /^ssl_client/.test(name) || (operator === '=' && /^(""|'')?$/.test(operand))
    );
  }

  #rewriteUri(directive: Directive, state: State): Step[] {
    const [pattern = '', replacement = '', flag = ''] = directive.args;
    const matched = this.#questions.match(pattern, false, state.uri);
    const go: Step[] = [{ kind: 'next', state }];
    if (matched.kind === 'no') return go;
    if (matched.kind === 'maybe') {
      const part = state.location?.directive ?? this.#site.directive;
      this.#options.report.lose(
        directive,
        'elsewhere',
        'not carried over: its expression says more than a prefix or an exact path',
        part,
      );
      return go;
    }
    const { captures } = matched;
    const inside = { ...state, captures, names: { ...state.names, ...matched.names } };
    return this.#questions.texts(replacement, inside).flatMap(({ state: then, text }): Step[] => {
      if (text === null) {
        this.#options.report.lose(
          directive,
          'elsewhere',
          'not carried over: its target holds variables that are not known before a request',
          state.location?.directive,
        );
        return go;
      }
      // A question mark at the end takes the query away, unless the text brings it along.
      const url = text.endsWith('?') ? text.slice(0, -1) : text.includes(QUERY) ? text : text + QUERY;
      if (text.endsWith('?') && !text.includes(QUERY))
        this.#options.report.note(directive, 'changed', 'the query is kept');
      const isRedirect = /^(https?:\/\/|\uE003)/.test(url) || flag === 'redirect' || flag === 'permanent';
      if (isRedirect) {
        const status = flag === 'permanent' ? 301 : 302;
        return [
          {
            kind: 'done',
            leaf: leaf(then, { kind: 'redirect', scope: then.scope, cause: directive, status, url }),
          },
        ];
      }
      const [path = ''] = url.split(QUERY);
      if (path.includes('?'))
        this.#options.report.lose(
          directive,
          'changed',
          'backends do not get the query that it adds',
          state.location?.directive,
        );
      const changed = { ...then, uri: path.split('?')[0]!, isRewritten: true };
      if (flag === 'break') return [{ kind: 'stop', state: changed }];
      this.#widen(changed.uri);
      return [{ kind: flag === 'last' ? 'locate' : 'next', state: changed }];
    });
  }

  /** Gives the locations below a new path classes of their own. */
  #widen(uri: string): void {
    if (!uri.endsWith(REST)) return;
    const base = uri.slice(0, -1);
    const names = [...this.#site.locations.prefixes.values(), ...this.#site.locations.exact.values()];
    const below = names.filter(({ name }) => name.length > base.length && name.startsWith(base));
    this.#questions.addBelow(
      uri,
      below.map(({ name, kind }) => ({ text: name, isExact: kind === 'exact' })),
    );
  }

  #return(directive: Directive, state: State): Leaf[] {
    const [first = '', second] = directive.args;
    const code = /^\d{3}$/.test(first) ? Number(first) : 302;
    const text = /^\d{3}$/.test(first) ? second : first;
    if ([301, 302, 303, 307, 308].includes(code) && text !== undefined) {
      return this.#questions
        .texts(text, state)
        .map(({ state: then, text: url }) =>
          url === null
            ? this.#none(then, directive, 'its target holds variables that are not known before a request')
            : leaf(then, { kind: 'redirect', scope: then.scope, cause: directive, status: code, url }),
        );
    }
    const page = this.#errorPage(code, state);
    if (page) return page;
    const guard = code >= 400 ? { was: String(code), changesStatus: code === 444 } : null;
    return this.#questions.texts(text ?? '', state).map(({ state: then, text: body }) => {
      if (body === null || /[\uE000-\uE003]/.test(body))
        this.#options.report.note(directive, 'changed', 'the body is left out: it holds variables');
      const known = body === null || /[\uE000-\uE003]/.test(body) ? '' : body;
      return leaf(then, {
        kind: 'respond',
        scope: then.scope,
        cause: directive,
        status: asStatus(code),
        body: known,
        guard,
      });
    });
  }

  /** Where an `error_page CODE = …` leads, if that answers instead of an error. */
  #errorPage(code: number, state: State): Leaf[] | null {
    const pages = inherited(state.scope, 'error_page');
    const page = pages.find(
      ({ args }) => args.slice(0, -1).includes(String(code)) && args.some((one) => one === '='),
    );
    return page ? this.#jump(page.args.at(-1) ?? '', { ...state, hops: state.hops + 1 }) : null;
  }

  /** Goes on at a named location, or at another path; null when there is none. */
  #jump(target: string, state: State): Leaf[] | null {
    if (state.hops > MOST_HOPS) return null;
    const inside = { ...state, isInternal: true };
    if (target.startsWith('@')) {
      const location = this.#site.locations.all.find(({ name }) => name === target);
      return location ? this.#enter(location, { ...inside, location, scope: location }) : null;
    }
    if (!target.startsWith('/')) return null;
    const [way] = this.#questions.texts(target, inside);
    if (way?.text == null) return null;
    return this.#find({ ...way.state, uri: way.text.split(/[?\uE001]/)[0]! });
  }

  // The access phase.

  #access(state: State): Leaf[] {
    const { scope } = state;
    for (const { cause, status, guard } of guardsOf(scope)) {
      const refused = this.#guard(state, cause, status, guard);
      if (refused) return [refused];
    }
    const except = limitExcept(scope);
    if (!except) return this.#content(state);
    const methods = except.args.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one.toUpperCase()]));
    const { yes, no } = splitByMethod(state.facts, methods);
    const others = no ? { ...state, facts: no } : null;
    const refused =
      others && this.#guard(others, except, 403, { was: '403 to other methods', changesStatus: false });
    if (!refused) return this.#content(state);
    return [...(yes ? this.#content({ ...state, facts: yes }) : []), refused];
  }

  /** Refuses, unless the import was asked to leave open what is guarded. */
  #guard(state: State, cause: Directive, status: number, guard: Guard): Leaf | null {
    if (this.#options.allowOpen) {
      this.#options.report.note(
        cause,
        'open',
        `nginx answers ${guard.was}; left open as asked (--allow-open)`,
      );
      return null;
    }
    return leaf(state, { kind: 'respond', scope: state.scope, cause, status, body: '', guard });
  }

  // Content.

  #content(state: State): Leaf[] {
    const { scope } = state;
    const tries = scope.block.find(({ name }) => name === 'try_files');
    if (tries) return this.#tryFiles(tries, state);
    let at: Scope | null = scope;
    let handler: Directive | undefined;
    for (; at && !handler; at = at.isIf ? at.outer : null) handler = findNamed(at.block, CONTENT);
    if (handler?.name === 'proxy_pass') return this.#proxy(handler, state);
    const cause = state.location?.directive ?? this.#site.directive;
    if (handler) return [this.#none(state, cause, `${handler.name} is not spoken here; backends need HTTP`)];
    const page = this.#errorPage(404, state);
    if (!page) return [this.#none(state, cause, 'files are not served here')];
    this.#options.report.lose(
      cause,
      'elsewhere',
      'files are not served here: what nginx found on disk goes on as if it were missing',
      cause,
    );
    return page;
  }

  #tryFiles(directive: Directive, state: State): Leaf[] {
    const files = directive.args.slice(0, -1);
    const last = directive.args.at(-1) ?? '';
    const cause = state.location?.directive ?? this.#site.directive;
    if (last.startsWith('=')) {
      const page = this.#errorPage(Number(last.slice(1)), state);
      if (!page) return [this.#none(state, cause, 'files are not served here')];
      this.#noteFiles(directive, files, cause);
      return page;
    }
    const next = this.#jump(last, { ...state, hops: state.hops + 1 });
    if (!next) return [this.#none(state, cause, `${last} is not there`)];
    if (next.some(({ effect }) => effect.kind !== 'none')) this.#noteFiles(directive, files, cause);
    return next;
  }

  #noteFiles(directive: Directive, files: readonly string[], part: Directive): void {
    if (files.every((file) => file === '' || file.startsWith('/dev/null') || /nonexist/.test(file))) return;
    this.#options.report.lose(
      directive,
      'elsewhere',
      'files are not served here: what nginx found on disk goes on as if it were missing',
      part,
    );
  }

  #proxy(pass: Directive, state: State): Leaf[] {
    const target = pass.args[0] ?? '';
    const variable = readText(target).find(
      (part) => typeof part !== 'string' && this.#questions.splitOf(`$${part.variable}`, state),
    );
    if (variable && typeof variable !== 'string') {
      const split = this.#questions.splitOf(`$${variable.variable}`, state)!;
      const ways = split.parts.map(({ weight, value }) => {
        const set = new Map(state.set).set(variable.variable, value);
        return { weight, text: this.#questions.texts(target, { ...state, set })[0]?.text ?? null };
      });
      return [this.#proxyTo(pass, state, ways, split)];
    }
    return this.#questions
      .texts(target, state)
      .map(({ state: then, text }) => this.#proxyTo(pass, then, [{ weight: 1, text }], null));
  }

  #proxyTo(
    cause: Directive,
    state: State,
    ways: readonly { readonly weight: number; readonly text: string | null }[],
    split: SplitVariable | null,
  ): Leaf {
    const parsed = ways.map(({ weight, text }) => ({ weight, ...readTarget(text) }));
    const [first] = parsed;
    if (!first || parsed.some(({ address }) => address === null))
      return this.#none(state, cause, 'its target must be a fixed http:// or https:// address');
    const uris = new Set(parsed.map(({ rest }) => rest));
    if (uris.size > 1) return this.#none(state, cause, 'its targets have different paths');
    const uri = this.#uriFor(first.rest ?? '', state, (cause.args[0] ?? '').includes('$'));
    const targets = parsed.map(({ address, weight }) => ({ address: address!, weight }));
    return leaf(state, { kind: 'proxy', scope: state.scope, cause, targets, split, uri });
  }

  /** The path for the backend, by the rules of `proxy_pass`. */
  #uriFor(given: string, state: State, hasVariables: boolean): string {
    if (given === '') return state.uri;
    const path = given.split(/[?\uE001]/)[0]!;
    if (hasVariables) return path;
    if (state.isRewritten) return state.uri;
    const location = state.location;
    if (location?.kind !== 'prefix' && location?.kind !== 'exact') return path;
    return state.uri.startsWith(location.name) ? path + state.uri.slice(location.name.length) : path;
  }

  #none(state: State, cause: Directive, why: string): Leaf {
    return leaf(state, { kind: 'none', scope: state.scope, cause, why });
  }
}

const REWRITING = new Set(['set', 'if', 'rewrite', 'return', 'break']);
const CONTENT =
  /^((proxy|fastcgi|uwsgi|scgi|grpc|memcached|redis2|drizzle|postgres)_pass|stub_status|empty_gif|flv|mp4|perl|content_by_lua(_block|_file)?|js_content|echo|autoindex|dav_methods|rtmp_stat|vhost_traffic_status_display)$/;

function leaf({ facts, location, set }: State, effect: Effect): Leaf {
  const known = new Map(
    [...set].filter(
      (one): one is [string, string] => typeof one[1] === 'string' && !/[\uE000-\uE003]/.test(one[1]),
    ),
  );
  return { facts, effect, location, known };
}
/** 444 closes the connection; nothing here does. */
const asStatus = (code: number): number => (code === 444 || code === 499 ? 403 : code);

function isHttpsSwitch({ block }: Directive): boolean {
  return (block ?? []).some(
    ({ name, args }) =>
      (name === 'return' || name === 'rewrite') && args.some((one) => one.startsWith('https://$')),
  );
}

/** Whether a block only sets what changes neither target nor answer. */
const isHarmless = ({ block }: Directive): boolean =>
  (block ?? []).every(({ name }) =>
    /^(add_header|access_log|expires|set|break|gzip|limit_rate|proxy_set_header|error_log|log_not_found)$/.test(
      name,
    ),
  );

/** Takes a target apart; `address` is null for what a Worker cannot reach. */
function readTarget(text: string | null): { address: string | null; rest: string | null } {
  const [, scheme, name = '', rest = ''] =
    /^(https?):\/\/([^/?\uE000-\uE002]+)(.*)$/is.exec(text ?? '') ?? [];
  if (scheme === undefined || name.startsWith('unix:')) return { address: null, rest: null };
  return { address: `${scheme.toLowerCase()}://${name}`, rest };
}

/** What closes a scope to some or all clients. */
function* guardsOf(scope: Scope): Generator<{ cause: Directive; status: number; guard: Guard }> {
  const rules = inherited(scope, 'allow', 'deny');
  const isOpen = rules[0]?.name === 'allow' && rules[0].args[0] === 'all';
  const deny = rules.find(({ name }) => name === 'deny');
  if (deny && !isOpen) {
    const isWhole = rules[0] === deny && deny.args[0] === 'all';
    const was = isWhole
      ? '403'
      : `403 to some addresses (${rules.map(({ name, args }) => `${name} ${args[0]}`).join(', ')})`;
    yield { cause: deny, status: 403, guard: { was, changesStatus: false } };
  }
  for (const name of AUTH) {
    const one = setting(scope, name);
    if (!one || one.args[0] === 'off') continue;
    const was = name === 'auth_basic' ? '401 without a password' : `401 or 403 without permission (${name})`;
    yield { cause: one, status: 403, guard: { was, changesStatus: true } };
  }
  for (let at: Scope | null = scope; at; at = at.outer) {
    const lua = findNamed(at.block, /^access_by_lua|^js_access$/);
    if (lua)
      yield { cause: lua, status: 403, guard: { was: 'what its program decides', changesStatus: true } };
    if (lua) break;
  }
  const certificate = setting(scope, 'ssl_verify_client');
  if (certificate?.args[0] === 'on')
    yield {
      cause: certificate,
      status: 403,
      guard: { was: '400 without a client certificate', changesStatus: true },
    };
}

const AUTH = [
  'auth_basic',
  'auth_request',
  'auth_jwt',
  'auth_digest',
  'auth_ldap',
  'auth_pam',
  'auth_gss',
  'auth_spnego',
  'auth_oidc',
];

/** The `limit_except` that guards a scope. */
function limitExcept(scope: Scope): Directive | undefined {
  for (let at: Scope | null = scope; at; at = at.isIf ? at.outer : null) {
    const found = findNamed(at.block, /^limit_except$/);
    if (found) return (found.block ?? []).some(({ name }) => /^(deny|auth_)/.test(name)) ? found : undefined;
  }
  return undefined;
}
