/**
 * Follows all requests of a path class through the rules of a frontend and of the backend that it leads to. Where a rule
 * asks for something that the path does not tell, both ways are followed. No I/O.
 */
import { type Facts, NOTHING, splitBy, splitByMethod } from '../conditions.ts';
import { matchText } from '../nginx/regex.ts';
import type { PathClass } from '../paths.ts';
import { HOST, QUERY, REST, symbolOf } from '../paths.ts';
import type { Report } from '../report.ts';
import { ALWAYS_USE_HTTPS } from '../report.ts';
import {
  type Condition,
  type Line,
  PREDEFINED,
  readCondition,
  readTest,
  type Section,
  type Test,
} from './parse.ts';

/** A frontend, or the front of a `listen`, under one host. */
export interface Front {
  readonly section: Section;
  /** Null: for hosts that no rule names. */
  readonly host: string;
  /** Whether `hdr(host)` tests can hold: not for the host that was given for all others. */
  readonly isNamed: boolean;
  /** Null: it accepts both. */
  readonly isTls: boolean | null;
}

/** Where the requests of one way end. */
export interface End {
  readonly facts: Facts;
  readonly effect:
    | { readonly kind: 'backend'; readonly backend: string; readonly path: string }
    | { readonly kind: 'respond'; readonly status: number; readonly type: string; readonly body: string }
    | {
        readonly kind: 'redirect';
        readonly status: number;
        readonly to: 'location' | 'prefix' | 'scheme';
        readonly url: string;
        readonly dropsQuery: boolean;
      }
    | { readonly kind: 'none'; readonly why: string };
  readonly cause: Line;
  /** The rule that counts as carried over or not. */
  readonly part: Line;
  readonly guard: { readonly was: string; readonly changesStatus: boolean } | null;
  readonly edits: Edits;
}

/** What rules do to headers, in their order. */
export interface Edits {
  readonly request: readonly Edit[];
  readonly response: readonly Edit[];
}

export interface Edit {
  readonly do: 'set' | 'add' | 'del';
  readonly name: string;
  readonly value: string;
  readonly line: Line;
}

export interface RuleOptions {
  readonly backends: ReadonlyMap<string, Section>;
  readonly report: Report;
  readonly allowOpen: boolean;
  readonly addClass: (added: PathClass) => void;
}

interface State {
  readonly facts: Facts;
  readonly path: string;
  readonly edits: Edits;
  /** The refusal that an unknown test led to. */
  readonly isAssumed: boolean;
}

type Step = { readonly state: State } | { readonly end: End } | { readonly accepted: State };

const MOST_WAYS = 64;

/** Returns how the requests of `start` end. */
export function follow(front: Front, start: PathClass, options: RuleOptions): End[] {
  return new Follow(front, start, options).run();
}

class Follow {
  readonly #front: Front;
  readonly #start: PathClass;
  readonly #options: RuleOptions;

  constructor(front: Front, start: PathClass, options: RuleOptions) {
    this.#front = front;
    this.#start = start;
    this.#options = options;
  }

  run(): End[] {
    const state: State = {
      facts: NOTHING,
      path: symbolOf(this.#start),
      edits: { request: [], response: [] },
      isAssumed: false,
    };
    const { section } = this.#front;
    const ends = this.#rules(section, [state]).flatMap((step) =>
      'end' in step ? [step.end] : this.#choose('accepted' in step ? step.accepted : step.state),
    );
    if (ends.length <= MOST_WAYS) return ends;
    return [
      this.#end(state, section, { kind: 'none', why: `more than ${MOST_WAYS} ways through its rules` }),
    ];
  }

  /** `http-request`, `http-response` and `redirect` rules. */
  #rules(section: Section, from: readonly State[]): Step[] {
    const order = ['http-response', 'http-request', 'redirect'];
    let steps: Step[] = from.map((state) => ({ state }));
    for (const name of order)
      for (const line of section.lines) {
        if (line.name !== name) continue;
        steps = steps.flatMap((step) => ('state' in step ? this.#rule(line, step.state) : [step]));
        if (steps.length > MOST_WAYS) return steps;
      }
    return steps;
  }

  #rule(line: Line, state: State): Step[] {
    const { words, condition } = splitLine(line.name === 'redirect' ? ['redirect', ...line.args] : line.args);
    const [action = '', ...args] = words;
    const isRefusal = REFUSALS.has(action);
    const isResponse = line.name === 'http-response';
    if (isResponse && !EDITS.has(action)) {
      this.#options.report.note(
        line,
        /^(capture|set-log|track)/.test(action) ? 'nothing' : 'changed',
        'left out: routes cannot do this to responses',
      );
      return [{ state }];
    }
    const kind = REMARKS.find(([pattern]) => pattern.test(action));
    if (kind) {
      this.#options.report.note(line, kind[1], kind[2]);
      return [{ state }];
    }
    if (action === 'redirect' && args[0] === 'scheme' && args[1] === 'https' && this.#front.isTls === null) {
      this.#options.report.note(line, 'cloudflare', ALWAYS_USE_HTTPS);
      return [{ state }];
    }
    const answers = this.#ask(condition, state, line, isRefusal);
    return [
      ...answers.yes.flatMap((one) => this.#act(line, action, args, one)),
      ...answers.no.map((one) => ({ state: one })),
    ];
  }

  #act(line: Line, action: string, args: readonly string[], state: State): Step[] {
    const { report } = this.#options;
    switch (action) {
      case 'deny':
      case 'tarpit':
      case 'reject':
      case 'silent-drop':
      case 'auth':
        return this.#refuse(line, action, args, state);
      case 'return':
        return [{ end: this.#return(line, args, state) }];
      case 'redirect':
        return [{ end: this.#redirect(line, args, state) }];
      case 'allow':
        return [{ accepted: state }];
      case 'set-header':
      case 'add-header':
      case 'del-header':
        return [{ state: edit(state, line, action, args) }];
      case 'set-path':
      case 'replace-path':
      case 'replace-uri':
      case 'set-uri':
      case 'replace-pathq':
      case 'set-pathq':
        return this.#setPath(line, action, args, state);
      default:
        report.lose(line, 'changed', `left out: routes cannot do ${action}`, line);
        return [{ state }];
    }
  }

  #refuse(line: Line, action: string, args: readonly string[], state: State): Step[] {
    const given = Number(args[args.findIndex((one) => one === 'deny_status' || one === 'status') + 1]);
    const isAuth = action === 'auth';
    const was = isAuth
      ? 401
      : action === 'tarpit'
        ? 500
        : Number.isInteger(given) && args.length > 1
          ? given
          : 403;
    if (this.#options.allowOpen) {
      this.#options.report.note(line, 'open', `HAProxy answers ${was}; left open as asked (--allow-open)`);
      return [{ state }];
    }
    const isSilent = action === 'silent-drop' || action === 'reject';
    const status = isAuth || isSilent || was < 400 ? 403 : was;
    const guard = {
      was: isSilent ? 'nothing at all' : state.isAssumed ? `${was} to some requests` : String(was),
      changesStatus: isAuth || isSilent,
    };
    return [{ end: { ...this.#end(state, line, { kind: 'respond', status, type: '', body: '' }), guard } }];
  }

  #return(line: Line, args: readonly string[], state: State): End {
    const value = (key: string) => args[args.indexOf(key) + 1];
    const status = args.includes('status') ? Number(value('status')) : 200;
    const body = args.includes('string')
      ? value('string')
      : args.includes('lf-string')
        ? value('lf-string')
        : '';
    if (
      args.some((one) => /^(file|lf-file|errorfile|errorfiles|default-errorfiles)$/.test(one)) ||
      /%[[\w]/.test(body ?? '')
    )
      this.#options.report.note(line, 'changed', 'the body is left out: it is a file, or holds variables');
    const known = /%[[\w]/.test(body ?? '') ? '' : (body ?? '');
    const end = this.#end(state, line, {
      kind: 'respond',
      status,
      type: args.includes('content-type') ? value('content-type')! : 'text/plain',
      body: known,
    });
    return status >= 400 ? { ...end, guard: { was: String(status), changesStatus: false } } : end;
  }

  #redirect(line: Line, args: readonly string[], state: State): End {
    const [to = '', url = ''] = args;
    const code = args.indexOf('code');
    const status = code < 0 ? 302 : Number(args[code + 1]);
    if (to !== 'location' && to !== 'prefix' && to !== 'scheme')
      return this.#end(state, line, { kind: 'none', why: 'its redirect is not known here' });
    const filled = format(url, state.path);
    if (filled === null)
      return this.#end(state, line, {
        kind: 'none',
        why: 'its target holds variables that are not known before a request',
      });
    return this.#end(state, line, {
      kind: 'redirect',
      status,
      to,
      url: filled,
      dropsQuery: args.includes('drop-query'),
    });
  }

  #setPath(line: Line, action: string, args: readonly string[], state: State): Step[] {
    const lose = (): Step[] => {
      this.#options.report.lose(line, 'changed', 'left out: routes cannot change a path like this', line);
      return [{ state }];
    };
    if (action.startsWith('set-')) {
      const path = format(args[0] ?? '', state.path);
      return path === null ? lose() : [{ state: { ...state, path: path.split(/[?\uE001]/)[0]! } }];
    }
    const [pattern = '', replacement = ''] = args;
    const matched = matchText(pattern, false, state.path);
    if (matched.kind === 'maybe') return lose();
    this.#addBelow(state.path, matched.below);
    if (matched.kind === 'no') return [{ state }];
    const path = replacement.replaceAll(/\\(\d)/g, (_, number) => matched.captures[Number(number)] ?? '');
    return [{ state: { ...state, path: path.split('?')[0]! } }];
  }

  /** `use_backend`, `default_backend`, then the rules of the backend. */
  #choose(state: State): End[] {
    const { section } = this.#front;
    if (section.name === 'listen' && section.lines.some(({ name }) => name === 'server'))
      return this.#enter(section, section, state, false);
    const ends: End[] = [];
    let left: State[] = [state];
    for (const line of section.lines) {
      if (line.name !== 'use_backend') continue;
      const { words, condition } = splitLine(line.args);
      const name = words[0] ?? '';
      const next: State[] = [];
      for (const one of left) {
        const answers = this.#ask(condition, one, line, false);
        ends.push(...answers.yes.flatMap((yes) => this.#enterNamed(name, line, yes)));
        next.push(...answers.no);
      }
      left = next;
    }
    const last = section.lines.findLast(({ name }) => name === 'default_backend');
    for (const one of left) {
      if (last) ends.push(...this.#enterNamed(last.args[0] ?? '', last, one));
      else ends.push(this.#end(one, section, { kind: 'respond', status: 503, type: '', body: '' }));
    }
    return ends;
  }

  #enterNamed(name: string, line: Line, state: State): End[] {
    const backend = this.#options.backends.get(name);
    if (backend) return this.#enter(backend, line, state, true);
    return [
      this.#end(state, line, {
        kind: 'none',
        why: /%/.test(name) ? 'its backend is named by a variable' : `there is no backend ${name}`,
      }),
    ];
  }

  #enter(backend: Section, line: Line, state: State, hasRules: boolean): End[] {
    const steps: Step[] = hasRules ? this.#rules(backend, [state]) : [{ state }];
    return steps.map((step) => {
      if ('end' in step) return step.end;
      const { path, ...rest } = 'accepted' in step ? step.accepted : step.state;
      return this.#end({ ...rest, path }, line, { kind: 'backend', backend: backend.args[0] ?? '', path });
    });
  }

  #end({ facts, edits }: State, cause: Line, effect: End['effect']): End {
    return { facts, effect, cause, part: cause, guard: null, edits };
  }

  // Conditions.

  /** The requests for which a condition holds, and the others. A test that is not known holds for no request. */
  #ask(
    condition: Condition | null,
    state: State,
    line: Line,
    isRefusal: boolean,
  ): { yes: State[]; no: State[] } {
    if (!condition) return { yes: [state], no: [] };
    const yes: State[] = [];
    let left: State[] = [state];
    for (const way of condition) {
      // Ways may overlap: what is in two of them goes on in the same way.
      yes.push(...this.#askWay(way, [state], line, isRefusal).yes);
      left = this.#askWay(way, left, line, isRefusal).no;
    }
    return { yes, no: left };
  }

  #askWay(
    way: Condition[number],
    from: readonly State[],
    line: Line,
    isRefusal: boolean,
  ): { yes: State[]; no: State[] } {
    let inside = [...from];
    const outside: State[] = [];
    for (const { acl, isNegated } of way) {
      const next: State[] = [];
      for (const one of inside) {
        const answer = this.#askAcl(acl, one, line);
        const [holds, fails] = isNegated ? [answer.no, answer.yes] : [answer.yes, answer.no];
        if (answer.isUnknown) this.#noteUnknown(acl, line, isRefusal, isNegated);
        next.push(...holds.map((held) => (answer.isUnknown ? { ...held, isAssumed: true } : held)));
        outside.push(...fails);
      }
      inside = next;
    }
    return { yes: inside, no: outside };
  }

  #noteUnknown(acl: string | Test, line: Line, isRefusal: boolean, isNegated: boolean): void {
    const what =
      typeof acl === 'string'
        ? acl
        : [acl.fetch, acl.argument && `(${acl.argument})`, ` ${acl.values.join(' ')}`].join('').trim();
    if (isRefusal && isNegated) return;
    const kind = isRefusal ? 'open' : 'elsewhere';
    this.#options.report.lose(
      line,
      kind,
      `routes cannot ask for ${what}; it is taken for ${isNegated ? 'true' : 'false'}`,
      line,
    );
  }

  #askAcl(acl: string | Test, state: State, line: Line): Answer {
    if (typeof acl !== 'string') return this.#askTest(acl, state, line);
    const lines = this.#front.section.lines.filter(({ name, args }) => name === 'acl' && args[0] === acl);
    const tests: (Test | boolean)[] = lines.map(({ args }) => readTest(args.slice(1)));
    const predefined = PREDEFINED[acl];
    if (tests.length === 0 && predefined !== undefined) tests.push(predefined);
    if (tests.length === 0) return { yes: [], no: [state], isUnknown: true };
    // Several lines of one name are alternatives.
    const yes: State[] = [];
    let left: State[] = [state];
    let isUnknown = false;
    for (const one of tests) {
      const next: State[] = [];
      for (const from of left) {
        const answer: Answer = typeof one === 'boolean' ? known(one, from) : this.#askTest(one, from, line);
        isUnknown ||= answer.isUnknown;
        yes.push(...answer.yes);
        next.push(...answer.no);
      }
      left = next;
    }
    return { yes, no: left, isUnknown };
  }

  #askTest(one: Test, state: State, line: Line): Answer {
    const { fetch, argument, how, values } = one;
    const unknown: Answer = { yes: [], no: [state], isUnknown: true };
    if (fetch === 'ssl_fc')
      return this.#front.isTls === null ? known(true, state) : known(this.#front.isTls, state);
    if (fetch === 'always_true' || fetch === 'always_false') return known(fetch === 'always_true', state);
    if ((fetch === 'hdr' && argument.startsWith('host')) || fetch === 'ssl_fc_sni' || fetch === 'hdr_dom')
      return this.#askHost(one, state);
    if (fetch === 'method') {
      const { yes, no } = splitByMethod(state.facts, values);
      return {
        yes: yes ? [{ ...state, facts: yes }] : [],
        no: no ? [{ ...state, facts: no }] : [],
        isUnknown: false,
      };
    }
    if (fetch === 'path' || fetch === 'url' || fetch === 'uri' || fetch === 'pathq')
      return this.#askPath(one, state, line) ?? unknown;
    const on = SOURCES[fetch];
    if (!on || argument === '') return unknown;
    const name = argument.replace(/,.*$/, '');
    const forms =
      how === 'found'
        ? [{ present: true as const }]
        : how === 'str'
          ? values.map((value) => ({ value }))
          : how === 'beg'
            ? values.map((prefix) => ({ prefix }))
            : null;
    if (!forms || forms.length === 0) return unknown;
    if (one.ignoresCase && values.some((value) => /[a-z]/i.test(value)))
      this.#options.report.note(line, 'changed', 'its values are compared with their case');
    const { yes, no } = splitBy(
      state.facts,
      forms.map((form) => ({ on, name, ...form })),
    );
    return {
      yes: yes.map((facts) => ({ ...state, facts })),
      no: no ? [{ ...state, facts: no }] : [],
      isUnknown: false,
    };
  }

  #askHost({ how, values }: Test, state: State): Answer {
    const { host, isNamed } = this.#front;
    const bare = values.map((value) => value.toLowerCase().replace(/:\d+$/, ''));
    if (!isNamed) return known(false, state);
    const suffix = host.startsWith('*') ? host.slice(1) : null;
    const holds = bare.some((value) => {
      if (how === 'str') return value === host;
      if (how === 'end') return (suffix ?? host).endsWith(value);
      if (how === 'beg') return suffix === null && host.startsWith(value);
      if (how === 'dom')
        return host === value || (suffix ?? host).endsWith(`.${value}`) || host.startsWith(`${value}.`);
      if (how === 'sub') return host.includes(value);
      return how === 'reg' && suffix === null && matchText(value, true, host).kind === 'yes';
    });
    return how === 'found' ? known(true, state) : known(holds, state);
  }

  #askPath({ how, values, ignoresCase }: Test, state: State, line: Line): Answer | null {
    if (ignoresCase && values.some((value) => /[a-z]/i.test(value)))
      this.#options.report.note(
        line,
        'changed',
        'routes compare paths with their case: other spellings are not meant',
      );
    const { path } = state;
    const isOpen = path.endsWith(REST);
    const base = isOpen ? path.slice(0, -1) : path;
    const below: { text: string; isExact: boolean }[] = [];
    let holds = false;
    for (const value of values) {
      if (how === 'reg') {
        const matched = matchText(value, ignoresCase, path);
        if (matched.kind === 'maybe') return null;
        below.push(...matched.below);
        holds ||= matched.kind === 'yes';
      } else if (how === 'beg') {
        if (base.startsWith(value)) holds = true;
        else if (isOpen && value.startsWith(base)) below.push({ text: value, isExact: false });
      } else if (how === 'str') {
        if (!isOpen && base === value) holds = true;
        else if (isOpen && value.startsWith(base)) below.push({ text: value, isExact: true });
      } else if (isOpen) return null;
      else if (how === 'end') holds ||= base.endsWith(value);
      else if (how === 'sub') holds ||= base.includes(value);
      else if (how === 'dir') holds ||= `${base}/`.includes(`/${value.replaceAll(/^\/|\/$/g, '')}/`);
      else return null;
    }
    this.#addBelow(path, below);
    return known(holds, state);
  }

  /** Turns longer paths into classes of requests. */
  #addBelow(path: string, below: readonly { text: string; isExact: boolean }[]): void {
    if (!path.endsWith(REST) || this.#start.isExact) return;
    const base = path.slice(0, -1);
    for (const { text, isExact } of below)
      this.#options.addClass({ path: this.#start.path + text.slice(base.length), isExact });
  }
}

interface Answer {
  readonly yes: State[];
  readonly no: State[];
  readonly isUnknown: boolean;
}

const known = (holds: boolean, state: State): Answer => ({
  yes: holds ? [state] : [],
  no: holds ? [] : [state],
  isUnknown: false,
});

const REFUSALS = new Set(['deny', 'tarpit', 'reject', 'silent-drop', 'auth']);
const EDITS = new Set(['set-header', 'add-header', 'del-header']);
const SOURCES: Readonly<Record<string, 'headers' | 'cookies' | 'query'>> = {
  hdr: 'headers',
  fhdr: 'headers',
  cook: 'cookies',
  url_param: 'query',
  urlp: 'query',
};

const REMARKS: readonly (readonly [RegExp, 'nothing' | 'changed' | 'cloudflare', string])[] = [
  [
    /^(capture|set-log-level|set-nice|set-mark|set-tos|set-priority|disable-l7-retry|wait-for|normalize-uri|strict-mode|do-resolve|set-bandwidth|set-timeout)/,
    'nothing',
    'a matter of HAProxy itself',
  ],
  [/^(track-sc|sc-)/, 'cloudflare', 'Rate Limiting Rules: limits for clients'],
  [/^(cache-use|cache-store)/, 'cloudflare', 'Cache Rules: what is cached, and for how long'],
  [
    /^(set-var|unset-var|set-src|set-dst|add-acl|del-acl|set-map|del-map|lua|use-service|early-hint|send-spoe)/,
    'changed',
    'left out: routes have no variables and no programs',
  ],
];

/** The words of a rule, and its condition; `unless` is turned into its opposite. */
function splitLine(words: readonly string[]): { words: readonly string[]; condition: Condition | null } {
  const at = words.findIndex((word) => word === 'if' || word === 'unless');
  if (at < 0) return { words, condition: null };
  const condition = readCondition(words.slice(at + 1));
  const own = words.slice(0, at);
  if (words[at] === 'if') return { words: own, condition };
  // The opposite of alternatives: one test of each way fails.
  const opposite = condition.reduce<Condition>(
    (ways, way) =>
      ways.flatMap((known) => way.map(({ acl, isNegated }) => [...known, { acl, isNegated: !isNegated }])),
    [[]],
  );
  return { words: own, condition: opposite };
}

/** A log format with the path in place; null when it holds other variables. */
function format(text: string, path: string): string | null {
  const filled = text
    .replaceAll(/%\[(?:capture\.req\.uri|url|pathq)\]|%HU/g, path + QUERY)
    .replaceAll(/%\[path\]|%HP/g, path)
    .replaceAll(/%\[(?:req\.)?hdr\(host\)[^\]]*\]/gi, HOST)
    .replaceAll('%%', '%');
  return /%[[a-zA-Z{]/.test(filled) && !/%[0-9A-F]{2}/.test(filled) ? null : filled;
}

function edit(state: State, line: Line, action: string, [name = '', value = '']: readonly string[]): State {
  const one: Edit = { do: action.slice(0, 3) as Edit['do'], name, value, line };
  const { request, response } = state.edits;
  const edits =
    line.name === 'http-response'
      ? { request, response: [...response, one] }
      : { request: [...request, one], response };
  return { ...state, edits };
}
