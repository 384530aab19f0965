/** From a HAProxy configuration to a configuration document and a report. No I/O. */
import { Draft, type Json } from '../draft.ts';
import { emitRoutes, type Way } from '../emit.ts';
import type { Imported, ImportOptions } from '../nginx/convert.ts';
import { encodePath, HOST, mappingOf, type PathClass, QUERY, REST } from '../paths.ts';
import { ALWAYS_USE_HTTPS, Report } from '../report.ts';
import { type Line, readTest, type Section } from './parse.ts';
import { type MadePool, makePool, noteRest, type Settings } from './pools.ts';
import { type Edit, type End, type Front, follow } from './rules.ts';

/** Converts a parsed file. */
export function convertHaproxy(sections: readonly Section[], options: ImportOptions): Imported {
  return new Conversion(sections, options).run();
}

/** Sections that balance nothing. */
const ASIDE = new Set([
  'global',
  'userlist',
  'peers',
  'resolvers',
  'mailers',
  'program',
  'http-errors',
  'ring',
  'cache',
  'traces',
  'crt-list',
]);

class Conversion {
  readonly #report = new Report();
  readonly #options: ImportOptions;
  readonly #draft: Draft;
  readonly #settings = new Map<Section, Settings>();
  readonly #backends = new Map<string, Section>();
  readonly #fronts: Section[] = [];
  readonly #pools = new Map<string, MadePool | null>();
  readonly #parts: Line[] = [];

  constructor(sections: readonly Section[], options: ImportOptions) {
    this.#options = options;
    this.#draft = new Draft(this.#report, options.replaced);
    let defaults: Settings = [];
    for (const section of sections) {
      const { name, args } = section;
      if (ASIDE.has(name)) this.#report.note(section, 'nothing', 'a matter of HAProxy itself');
      else if (name === 'defaults') {
        defaults = section.lines;
        noteRest(section.lines, this.#report);
      } else {
        const settings = [...defaults, ...section.lines];
        this.#settings.set(section, settings);
        if (
          settings.findLast((line) => line.name === 'mode')?.args[0] === 'tcp' ||
          name === 'fcgi-app' ||
          name === 'log-forward'
        )
          this.#report.lose(
            section,
            'elsewhere',
            'left out: only HTTP is balanced; other traffic is a matter of Cloudflare Spectrum',
            section,
          );
        else {
          if (name === 'backend' || name === 'listen') this.#backends.set(args[0] ?? '', section);
          if (name === 'frontend' || name === 'listen') this.#fronts.push(section);
        }
      }
    }
  }

  run(): Imported {
    const chosen = new Map<string, Front>();
    for (const section of this.#fronts) {
      if (isStatsOnly(section)) {
        this.#report.note(section, 'nothing', 'the dashboard shows the state');
        continue;
      }
      noteRest(section.lines, this.#report);
      this.#parts.push(...partsOf(section));
      for (const front of this.#frontsOf(section)) {
        const other = chosen.get(front.host);
        if (!other || (front.isTls !== false && other.isTls === false)) {
          if (other) this.#leaveBeside(other, front);
          chosen.set(front.host, front);
        } else this.#leaveBeside(front, other);
      }
    }
    for (const front of chosen.values()) this.#emit(front);
    for (const [name, section] of this.#backends)
      if (section.name === 'backend' && !this.#pools.has(name))
        this.#report.note(section, 'changed', 'left out: no rule leads to it');
    const config = this.#draft.finish();
    const made = [...this.#pools.values()].filter((pool) => pool !== null).length;
    return {
      config,
      report: this.#report,
      counts: {
        parts: {
          carried: this.#parts.filter((part) => !this.#report.isLost(part)).length,
          all: this.#parts.length,
        },
        pools: { carried: made, all: this.#backends.size },
        hosts: new Set(config.routes.map(({ host }) => host)).size,
      },
    };
  }

  /** A frontend once for each host that its rules name, and for the host that was given for all others. */
  #frontsOf(section: Section): Front[] {
    const hosts = new Set<string>();
    for (const line of section.lines)
      for (const words of testsOf(line)) {
        const one = readTest(words);
        const isHost = (one.fetch === 'hdr' && one.argument.startsWith('host')) || one.fetch === 'ssl_fc_sni';
        if (!isHost) continue;
        for (const value of one.values.map((value) => value.toLowerCase().replace(/:\d+$/, ''))) {
          if (one.how === 'str') hosts.add(value);
          else if (one.how === 'end' && value.startsWith('.')) hosts.add(`*${value}`);
          else if (one.how === 'dom' && value.includes('.'))
            for (const host of [value, `*.${value}`]) hosts.add(host);
          else this.#report.lose(line, 'elsewhere', 'hosts are exact or *.example.com', line);
        }
      }
    const binds = section.lines.filter(({ name }) => name === 'bind');
    const tls = binds.map(({ args }) => args.includes('ssl'));
    const isTls = tls.length > 0 && tls.every(Boolean) ? true : tls.some(Boolean) ? null : false;
    const ports = binds.map(({ args }) => /:(\d+)$/.exec(args[0] ?? '')?.[1] ?? '');
    const given =
      ports.map((port) => this.#options.hosts.get(port)).find((one) => one !== undefined) ??
      this.#options.hosts.get('');
    const fronts: Front[] = [...hosts].map((host) => ({ section, host, isNamed: true, isTls }));
    if (given !== undefined && !hosts.has(given))
      fronts.push({ section, host: given, isNamed: false, isTls });
    else if (given === undefined) this.#noteNameless(section, hosts.size > 0);
    return fronts;
  }

  #noteNameless(section: Section, hasHosts: boolean): void {
    const last = section.lines.find(({ name }) => name === 'default_backend');
    if (hasHosts && !last) return;
    const text = hasHosts
      ? 'hosts that no rule names get 404: give --host NAME for one of them'
      : 'left out: no rule names a host; give --host NAME';
    for (const part of hasHosts ? [last!] : partsOf(section))
      this.#report.lose(part, 'elsewhere', text, part);
  }

  #leaveBeside(front: Front, other: Front): void {
    const ends = follow(
      front,
      { path: '/', isExact: false },
      { ...this.#rules(() => undefined), report: new Report() },
    );
    if (
      ends.every(
        ({ effect }) =>
          effect.kind === 'redirect' && (effect.to === 'scheme' || effect.url.startsWith('https://')),
      )
    )
      this.#report.note(front.section, 'cloudflare', ALWAYS_USE_HTTPS);
    else {
      const text = `left out for ${front.host}: ${other.section.args[0]} has this host`;
      for (const part of partsOf(front.section)) this.#report.lose(part, 'elsewhere', text, part);
    }
  }

  #rules(addClass: (one: PathClass) => void) {
    return { backends: this.#backends, report: this.#report, allowOpen: this.#options.allowOpen, addClass };
  }

  #emit(front: Front): void {
    const evaluate = (one: PathClass, add: (added: PathClass) => void): Way[] =>
      follow(front, one, this.#rules(add)).map((end) => this.#wayOf(end, one));
    emitRoutes(
      { host: front.host, declared: [{ path: '/', isExact: false }], evaluate },
      this.#draft,
      this.#report,
    );
  }

  #wayOf(end: End, one: PathClass): Way {
    const { effect, cause, part, guard, facts } = end;
    const made = this.#actionOf(end, one);
    const action = typeof made === 'string' ? null : made;
    if (guard && effect.kind === 'respond') {
      const text = `HAProxy answers ${guard.was}; here it is ${effect.status}${/to some/.test(guard.was) ? ' for every request. Cloudflare Access or WAF rules can guard it; then import with --allow-open' : ''}`;
      if (guard.changesStatus) this.#report.lose(cause, 'closed', text, part);
      else this.#report.note(cause, 'closed', text);
    }
    return {
      facts,
      action,
      source: cause,
      part,
      isGuard: guard !== null,
      why: typeof made === 'string' ? made : null,
    };
  }

  #actionOf({ effect, cause, edits }: End, one: PathClass): Json | string {
    switch (effect.kind) {
      case 'none':
        return effect.why;
      case 'respond': {
        const { status, type, body } = effect;
        return { respond: { status, ...(body === '' ? {} : { contentType: type, body }) } };
      }
      case 'redirect':
        return this.#redirect(effect, cause, one);
      case 'backend': {
        const pool = this.#pool(effect.backend);
        if (!pool) return `backend ${effect.backend} has no server left`;
        return {
          pool: pool.id,
          ...this.#rewrite(effect.path, one, cause),
          ...this.#headers('requestHeaders', edits.request),
          ...this.#headers('responseHeaders', edits.response),
          rewriteLocation: false,
          ...pool.affinity,
        };
      }
    }
  }

  #pool(name: string): MadePool | null {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const section = this.#backends.get(name)!;
    if (this.#pools.size === 0)
      this.#report.note(
        section,
        'changed',
        'HAProxy answers 503 itself when a server cannot be reached, the product 502',
      );
    const made = makePool(section, this.#settings.get(section) ?? [], this.#draft, this.#report);
    this.#pools.set(name, made);
    return made;
  }

  #rewrite(path: string, one: PathClass, cause: Line): Json {
    const mapping = mappingOf(one, path);
    if (mapping.kind === 'same') return {};
    if (mapping.kind !== 'prefix') {
      this.#report.lose(
        cause,
        'changed',
        `backends get the path as requested, not ${path.replaceAll(REST, '…')}`,
        cause,
      );
      return {};
    }
    if (!mapping.isExactly)
      this.#report.note(cause, 'changed', 'the path put in place is joined by one slash');
    return mapping.to === '/' ? { stripPrefix: true } : { rewritePrefix: encodePath(mapping.to) };
  }

  #redirect(
    effect: Extract<End['effect'], { kind: 'redirect' }>,
    cause: Line,
    one: PathClass,
  ): Json | string {
    const { status, to, url, dropsQuery } = effect;
    if (to === 'scheme') return { redirect: { status, scheme: url } };
    const [, scheme, host = '', rest = ''] = /^(?:(https?):\/\/([^/?]*))?(.*)$/s.exec(url) ?? [];
    const where = {
      status,
      ...(scheme ? { scheme } : {}),
      ...(host === '' || host === HOST ? {} : { host: host.toLowerCase() }),
    };
    if (dropsQuery) this.#report.note(cause, 'changed', 'the query is kept');
    const [path = ''] = rest.split(/[?\uE001]/);
    const whole =
      to === 'prefix'
        ? `${path.replace(/\/$/, '')}${one.path}${one.isExact ? '' : REST}`
        : path === ''
          ? '/'
          : path;
    if (to === 'location' && !rest.includes(QUERY) && !dropsQuery) {
      const isPlain = !url.includes(REST) && !url.includes(HOST);
      if (rest.includes('?'))
        return isPlain
          ? { respond: { status, headers: { Location: url } } }
          : 'its target has a query of its own';
      this.#report.note(cause, 'changed', 'the query is kept; HAProxy drops it');
    }
    const mapping = mappingOf(one, whole);
    if (mapping.kind === 'other') return 'its target cannot be said by a route';
    const moved = {
      ...where,
      ...(mapping.kind === 'fixed' ? { path: encodePath(mapping.to) } : {}),
      ...(mapping.kind === 'prefix' ? { [one.isExact ? 'path' : 'prefix']: encodePath(mapping.to) } : {}),
    };
    return Object.keys(moved).length === 1 ? 'it leads to itself' : { redirect: moved };
  }

  /** Changes to headers in the order of the rules: the last one of a name counts. */
  #headers(key: 'requestHeaders' | 'responseHeaders', edits: readonly Edit[]): Json {
    const set: Record<string, string> = {};
    const add: Record<string, string> = {};
    const remove = new Set<string>();
    for (const { do: what, name, value, line } of edits) {
      const lower = name.toLowerCase();
      if (FIXED.test(lower)) {
        const isSame = /^x-forwarded-(for|proto|host|port)$|^x-real-ip$|^x-request-id$/.test(lower);
        this.#report.note(
          line,
          isSame ? 'nothing' : 'changed',
          isSame ? 'backends get it anyway' : `left out: ${name} cannot be changed`,
        );
        continue;
      }
      const filled = translate(value);
      if (what === 'del') {
        remove.add(lower);
        delete set[lower];
      } else if (filled === null) {
        if (key === 'requestHeaders') remove.add(lower);
        this.#report.note(
          line,
          'changed',
          `${name} is not set: its value is not known here${key === 'requestHeaders' ? '; the client’s own is taken off' : ''}`,
        );
      } else if (what === 'set') {
        set[lower] = filled;
        delete add[lower];
      } else add[lower] = filled;
    }
    const result = {
      ...(Object.keys(set).length > 0 ? { set } : {}),
      ...(Object.keys(add).length > 0 ? { add } : {}),
      ...(remove.size > 0 ? { remove: [...remove].filter((name) => !(name in set)) } : {}),
    };
    return Object.keys(result).length > 0 ? { [key]: result } : {};
  }
}

const FIXED =
  /^(connection|upgrade|te|trailer|transfer-encoding|keep-alive|proxy.*|expect|host|content-length|cf-.*|via|forwarded|cdn-loop|x-forwarded-(for|host|port|proto|server)|x-real-ip|x-request-id|x-backend-.*|x-evenkeel-.*)$/;

/** A log format with the product's variables; null when it holds others. */
function translate(value: string): string | null {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the product's variables
  const filled = value
    .replaceAll(/%\[src\]|%ci/g, '${client.ip}')
    .replaceAll(/%\[(?:req\.)?hdr\(host\)\]/gi, '${request.host}')
    .replaceAll(/%\[unique-id\]|%ID/g, '${request.id}')
    .replaceAll(/%\[be_name\]|%b\b/g, '${route}')
    .replaceAll('%%', '%');
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the product's variables
  return /%[[a-zA-Z{]/.test(filled) || !/^[\t\x20-\x7e]*$/.test(filled) ? null : filled;
}

/** The tests in a line: an ACL's own, and those in braces. */
function testsOf({ name, args }: Line): (readonly string[])[] {
  if (name === 'acl') return [args.slice(1)];
  const tests: string[][] = [];
  for (let at = args.indexOf('{'); at >= 0; at = args.indexOf('{', at + 1)) {
    const end = args.indexOf('}', at);
    tests.push(args.slice(at + 1, end < 0 ? args.length : end));
  }
  return tests;
}

/** The rules of a frontend that lead requests somewhere. */
function partsOf(section: Section): Line[] {
  const rules = section.lines.filter(
    ({ name, args }) =>
      name === 'use_backend' ||
      name === 'default_backend' ||
      name === 'redirect' ||
      (name === 'http-request' &&
        /^(deny|tarpit|auth|redirect|return|reject|silent-drop)$/.test(args[0] ?? '')),
  );
  return rules.length > 0 ? rules : [section];
}

const isStatsOnly = ({ lines }: Section): boolean =>
  lines.some(({ name }) => name === 'stats') &&
  !lines.some(({ name }) => /^(server|use_backend|default_backend)$/.test(name));
