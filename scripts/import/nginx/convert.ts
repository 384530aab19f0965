/** From nginx's directives to a configuration document and a report. No I/O. */
import { ADMIN_HOSTS, Draft, type Json } from '../draft.ts';
import { emitRoutes, type Way, type Where } from '../emit.ts';
import { encodePath, HOST, type PathClass, QUERY, REST } from '../paths.ts';
import { ALWAYS_USE_HTTPS, type Count, Report } from '../report.ts';
import { Actions } from './actions.ts';
import { allLocations, inherited, type Location, readLocations, type Scope, setting } from './locations.ts';
import type { Directive } from './parse.ts';
import type { Site, WalkOptions } from './questions.ts';
import { literalStart, readRegex } from './regex.ts';
import { remark } from './remarks.ts';
import { readUpstream, type Upstream } from './upstream.ts';
import { readVariables } from './variables.ts';
import { type Leaf, walk, walkInside } from './walk.ts';

export interface ImportOptions {
  /** For servers without a usable name: by port, or for all (''). */
  readonly hosts: ReadonlyMap<string, string>;
  readonly allowOpen: boolean;
  /** URLs in the place of backends, by host and port. */
  readonly replaced: ReadonlyMap<string, string>;
}

export interface Imported {
  readonly config: { readonly pools: readonly Json[]; readonly routes: readonly Json[] };
  readonly report: Report;
  readonly counts: { readonly parts: Count; readonly pools: Count; readonly hosts: number };
}

interface Server {
  readonly directive: Directive;
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly hosts: readonly string[];
  readonly listens: readonly { readonly port: string; readonly isTls: boolean }[];
  readonly isDefault: boolean;
}

/** Converts parsed files, includes already in their places. */
export function convertNginx(
  directives: readonly Directive[],
  unread: readonly (readonly [Directive, string])[],
  options: ImportOptions,
): Imported {
  const report = new Report();
  for (const [directive, why] of unread) {
    // A pattern may fit no file; nginx says nothing then either.
    if (why.startsWith('no file fits') && /[*?[]/.test(directive.args[0] ?? '')) {
      report.note(directive, 'changed', `${why} here; is that so on its own machine?`);
      continue;
    }
    const isHarmless =
      /(^|\/)(mime\.types|modules-enabled\/.*|fastcgi_params|proxy_params|uwsgi_params|fastcgi\.conf)$/.test(
        directive.args[0] ?? '',
      );
    if (isHarmless) report.note(directive, 'changed', `not read: ${why}`);
    else report.lose(directive, 'elsewhere', `not read: ${why}`);
  }
  return new Conversion(directives, report, options).run();
}

class Conversion {
  readonly #report: Report;
  readonly #options: ImportOptions;
  readonly #directives: readonly Directive[];
  readonly #draft: Draft;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #servers: Server[] = [];
  readonly #visited = new Set<Location>();
  readonly #walkOptions: WalkOptions;
  readonly #actions: Actions;
  readonly #parts: Directive[] = [];
  #firstGuard: Directive | null = null;

  constructor(directives: readonly Directive[], report: Report, options: ImportOptions) {
    this.#directives = directives;
    this.#report = report;
    this.#options = options;
    this.#draft = new Draft(report, options.replaced);
    const blocks = [
      directives,
      ...directives.filter(({ name }) => name === 'http').map(({ block }) => block ?? []),
    ];
    for (const block of blocks) this.#readBlock(block);
    this.#walkOptions = {
      variables: readVariables(blocks.flat()),
      report,
      allowOpen: options.allowOpen,
      addClass: () => undefined,
      visit: (location) => this.#visited.add(location),
    };
    this.#actions = new Actions(this.#draft, report, this.#upstreams, this.#walkOptions);
  }

  #readBlock(block: readonly Directive[]): void {
    const scope = { block, outer: null };
    for (const directive of block) {
      if (directive.name === 'upstream' && directive.block) {
        const upstream = readUpstream(directive, this.#report);
        this.#upstreams.set(upstream.name.toLowerCase(), upstream);
      }
      if (directive.name === 'server' && directive.block)
        this.#servers.push(this.#readServer(directive, scope));
    }
  }

  #readServer(directive: Directive, outer: Scope): Server {
    const block = directive.block ?? [];
    const scope = { block, outer };
    const isOldTls = setting(scope, 'ssl')?.args[0] === 'on';
    const listens = block
      .filter(({ name, args }) => name === 'listen' && !args[0]?.startsWith('unix:'))
      .map(({ args }) => ({
        port: /(?:^|:)(\d+)$/.exec(args[0] ?? '')?.[1] ?? '80',
        isTls: isOldTls || args.includes('ssl') || args.includes('quic'),
      }));
    const names = block.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args);
    const isDefault = block.some(
      ({ name, args }) => name === 'listen' && /default/.test(args.slice(1).join(' ')),
    );
    const server = {
      directive,
      scope,
      names,
      listens: listens.length > 0 ? listens : [{ port: '80', isTls: isOldTls }],
      isDefault,
    };
    return { ...server, hosts: this.#hostsOf(server) };
  }

  /** The hosts that routes get; names that no route can have are reported. */
  #hostsOf({ directive, scope, names, listens }: Omit<Server, 'hosts'>): string[] {
    const hosts = new Set<string>();
    let isNameless = names.length === 0;
    for (const name of names) {
      const found = readName(name.toLowerCase());
      if (typeof found !== 'string') for (const host of found) hosts.add(host);
      else {
        const line = inherited(scope, 'server_name').find(({ args }) => args.includes(name)) ?? directive;
        if (found === NAMELESS) isNameless = true;
        else this.#report.lose(line, 'elsewhere', `${name}: ${found}`);
      }
    }
    if (!isNameless) return [...hosts];
    const ports = listens.map(({ port }) => port);
    const given =
      ports.map((port) => this.#options.hosts.get(port)).find((one) => one !== undefined) ??
      (hosts.size === 0 ? this.#options.hosts.get('') : undefined);
    if (given !== undefined && !refusesAll(scope)) hosts.add(given.toLowerCase());
    return [...hosts];
  }

  run(): Imported {
    remark(this.#directives, this.#report);
    const sites = new Map<string, Server[]>();
    for (const server of this.#servers) {
      this.#parts.push(...partsOf(server));
      if (server.hosts.length === 0) this.#leaveOut(server);
      for (const host of server.hosts) sites.set(host, [...(sites.get(host) ?? []), server]);
    }
    const chosen = new Map<Server, string[]>();
    for (const [host, servers] of sites) {
      const first = servers.find(({ listens }) => listens.some(({ isTls }) => isTls)) ?? servers[0]!;
      chosen.set(first, [...(chosen.get(first) ?? []), host]);
      for (const other of servers) if (other !== first) this.#leaveBeside(other, first, host);
    }
    for (const [server, hosts] of chosen) this.#emit(server, hosts);
    this.#noteDefault();
    this.#noteSlashes();
    this.#noteUpstreams();
    const config = this.#draft.finish();
    return { config, report: this.#report, counts: this.#count(config) };
  }

  #count(config: Imported['config']): Imported['counts'] {
    const carried = this.#parts.filter((part) => !this.#report.isLost(part)).length;
    return {
      parts: { carried, all: this.#parts.length },
      pools: {
        carried: [...this.#actions.used].filter((name) => this.#upstreams.has(name)).length,
        all: this.#upstreams.size,
      },
      hosts: new Set(config.routes.map(({ host }) => host)).size,
    };
  }

  #emit(server: Server, hosts: readonly string[]): void {
    const locations = readLocations(server.scope);
    const all = allLocations(locations);
    const declared: PathClass[] = [{ path: '/', isExact: false }];
    for (const { kind, name } of all)
      if (kind === 'prefix' || kind === 'exact') declared.push({ path: name, isExact: kind === 'exact' });
    for (const host of hosts) {
      const site: Site = {
        directive: server.directive,
        scope: server.scope,
        locations,
        host,
        serverName: server.names[0] ?? host,
        scheme: schemeOf(server),
      };
      const evaluate = (one: PathClass, add: (added: PathClass) => void) =>
        walk(site, one, { ...this.#walkOptions, addClass: add }).map((leaf) => this.#wayOf(leaf, one, site));
      const where = emitRoutes({ host, declared, evaluate }, this.#draft, this.#report);
      for (const location of all) this.#noteRegex(location, site, where);
    }
    for (const location of all) this.#noteUnreached(location);
  }

  #wayOf(leaf: Leaf, one: PathClass, site: Site): Way {
    const { effect, location } = leaf;
    const part = location?.directive ?? site.directive;
    const made = this.#actions.of(leaf, one, site);
    const action = typeof made === 'string' ? null : made;
    const isGuard = effect.kind === 'respond' && effect.guard !== null;
    if (isGuard && location?.kind === 'prefix' && location.name !== '/') this.#firstGuard ??= part;
    if (effect.kind === 'respond' && effect.guard)
      this.#noteGuard(effect.cause, effect.guard, effect.status, part);
    let why = typeof made === 'string' ? made : null;
    // Without a location nginx looks for files; where it has none, it answers 404 as the product does.
    if (effect.kind === 'none' && effect.isNotFound && !isFileServer(effect.scope)) why = null;
    if (effect.kind === 'none' && /^\/\.well-known\/acme-challenge/.test(location?.name ?? '')) {
      this.#report.note(part, 'nothing', 'Cloudflare answers for its own certificates');
      why = null;
    }
    return { facts: leaf.facts, action, source: action ? effect.cause : part, part, isGuard, why };
  }

  #noteGuard(
    cause: Directive,
    guard: { was: string; changesStatus: boolean },
    status: number,
    part: Directive,
  ): void {
    const letsSomeIn = /to some|without|unless|program/.test(guard.was);
    const advice = letsSomeIn
      ? ', to every client. Cloudflare Access or WAF rules can guard it; then import with --allow-open'
      : '';
    const text = `nginx answers ${guard.was}, the document ${status}${advice}`;
    if (guard.changesStatus) this.#report.lose(cause, 'closed', text, part);
    else this.#report.note(cause, 'closed', text);
  }

  /** A location by an expression that routes cannot have: where do its requests go now? */
  #noteRegex(location: Location, site: Site, where: Where): void {
    const { kind, name, ignoresCase, directive } = location;
    if (kind !== 'regex') return;
    const simple = readRegex(name);
    const start = literalStart(name) || '/';
    const ends = walkInside(site, { path: start, isExact: false }, location, {
      ...this.#walkOptions,
      visit: () => undefined,
    });
    const isGuard = ends.some(({ effect }) => effect.kind === 'respond' && effect.guard);
    if (simple?.isAnchored) {
      const kindOfNote = isGuard ? 'open' : 'changed';
      if (ignoresCase && /[a-z]/i.test(name))
        this.#report.note(
          directive,
          kindOfNote,
          'routes compare paths with their case: other spellings are not meant',
        );
      if (simple.isLoose)
        this.#report.note(directive, kindOfNote, 'a "." in it is taken for the character alone');
      return;
    }
    const now = where(encodePath(start.endsWith('/') ? `${start}x` : start));
    const paths = start === '/' ? 'requests that match it' : `requests that match it, below ${start}`;
    for (const { effect } of ends) {
      if (effect.kind === 'respond' && effect.guard) {
        const isClosed = / get 40[134]$/.test(` ${now}`);
        if (!isClosed)
          this.#report.lose(
            directive,
            'open',
            `nginx answers ${effect.guard.was}; routes cannot have this expression: ${paths} ${now}`,
            directive,
          );
        continue;
      }
      const made = this.#actions.of(
        { facts: ends[0]!.facts, effect, location, known: new Map() },
        { path: start, isExact: false },
        site,
      );
      if (typeof made !== 'string' && made.pool !== undefined && now === `go to pool ${made.pool}`)
        this.#report.note(
          directive,
          'changed',
          `routes cannot have this expression: ${paths} ${now} as in nginx, with the settings of the location that holds them`,
        );
      else
        this.#report.lose(
          directive,
          'elsewhere',
          `routes cannot have this expression: ${paths} ${now}`,
          directive,
        );
    }
  }

  #noteUnreached(location: Location): void {
    const { kind, directive, block } = location;
    if (this.#visited.has(location)) return;
    if (kind === 'named' && block.some(({ name }) => name === 'proxy_pass'))
      this.#report.lose(directive, 'elsewhere', 'left out: only errors lead to it', directive);
    if (kind === 'impossible')
      this.#report.note(directive, 'nothing', 'no path begins like this, so nginx never takes it');
  }

  /** A server without a name that a route can have. */
  #leaveOut(server: Server): void {
    const { directive, scope } = server;
    const site = {
      directive,
      scope,
      locations: readLocations(scope),
      host: '*',
      serverName: '',
      scheme: schemeOf(server),
    };
    const ends = walk(
      site,
      { path: '/', isExact: false },
      { ...this.#walkOptions, report: new Report(), visit: () => undefined },
    );
    const isClosed = ends.every(({ effect }) => effect.kind === 'respond' && effect.status >= 400);
    const toHttps = ends.every(
      ({ effect }) => effect.kind === 'redirect' && /^https:\/\/\uE002/.test(effect.url),
    );
    if (isClosed && allLocations(site.locations).length === 0)
      this.#report.note(directive, 'nothing', 'it refuses unknown hosts; they get 404 here');
    else if (toHttps) this.#report.note(directive, 'cloudflare', ALWAYS_USE_HTTPS);
    else {
      const text = 'left out: it has no server_name that a route can have; give --host NAME';
      this.#report.lose(directive, 'elsewhere', text);
      for (const part of partsOf(server)) this.#report.lose(directive, 'elsewhere', text, part);
    }
  }

  /** Another server of a host that has one already. */
  #leaveBeside(server: Server, first: Server, host: string): void {
    const { directive, scope, listens } = server;
    const ports = (some: Server) => some.listens.map(({ port }) => port);
    if (ports(server).some((port) => ports(first).includes(port))) {
      if (server.directive !== first.directive)
        this.#report.note(
          directive,
          'nothing',
          `nginx ignores it for ${host}: an earlier server has this name and port`,
        );
      return;
    }
    const site = {
      directive,
      scope,
      locations: readLocations(scope),
      host,
      serverName: host,
      scheme: schemeOf(server),
    };
    const ends = walk(
      site,
      { path: '/', isExact: false },
      { ...this.#walkOptions, report: new Report(), visit: () => undefined },
    );
    const isHttps = ends.every(({ effect }) => effect.kind === 'redirect' && /^https:\/\//.test(effect.url));
    const others = allLocations(site.locations).filter(
      ({ name, block }) => !/acme-challenge/.test(name) && block.some((one) => one.name === 'proxy_pass'),
    );
    if (isHttps && others.length === 0 && listens.every(({ isTls }) => !isTls)) {
      this.#report.note(directive, 'cloudflare', ALWAYS_USE_HTTPS);
      const isPlain = ends.every(
        ({ effect }) =>
          effect.kind === 'redirect' &&
          [HOST, host].some((name) => effect.url === `https://${name}/${REST}${QUERY}`),
      );
      if (!isPlain)
        this.#report.note(
          directive,
          'changed',
          'its redirect leads to another host or path; "Always Use HTTPS" keeps both',
        );
      return;
    }
    const text = `left out for ${host}: the server of port ${ports(first).join(', ')} has this name; give --host ${ports(server)[0]}=NAME and take the name off`;
    this.#report.lose(directive, 'elsewhere', text);
    for (const part of partsOf(server)) this.#report.lose(directive, 'elsewhere', text, part);
  }

  #noteDefault(): void {
    const server = this.#servers.find(({ isDefault, hosts }) => isDefault && hosts.length > 0);
    if (server)
      this.#report.note(
        server.directive,
        'changed',
        'hosts that no route has get 404; nginx gives them to this server',
      );
  }

  /** A guard by path needs paths in the form that nginx compares. */
  #noteSlashes(): void {
    const guard = this.#firstGuard;
    if (guard)
      this.#report.note(
        guard,
        'cloudflare',
        'URL Normalization: leave "Normalize incoming URLs" on: nginx merges slashes and decodes %2F before it compares, routes do not',
      );
  }

  #noteUpstreams(): void {
    const { used } = this.#actions;
    for (const [name, upstream] of this.#upstreams)
      if (!used.has(name)) this.#report.note(upstream.source, 'changed', 'left out: no route leads to it');
  }
}

/** Whether a server only turns unknown hosts away. */
const refusesAll = ({ block }: Scope): boolean =>
  block.some(({ name, args }) => name === 'return' && Number(args[0]) >= 400) &&
  !block.some(({ name }) => name === 'location');

/** The locations of a server, or the server itself when it has none. */
function partsOf({ directive, scope }: Server): Directive[] {
  const all = allLocations(readLocations(scope)).map((location) => location.directive);
  return all.length > 0 ? all : [directive];
}

function schemeOf({ listens }: Server): Site['scheme'] {
  if (listens.every(({ isTls }) => isTls)) return 'https';
  return listens.some(({ isTls }) => isTls) ? null : 'http';
}

/** Whether nginx serves files there on purpose. */
const isFileServer = (scope: Scope): boolean =>
  [scope.block, ...(scope.outer ? [scope.outer.block] : [])].some((block) =>
    block.some(({ name }) => name === 'root'),
  );

const NAMELESS = 'nameless';
const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST_NAME = new RegExp(`^(\\*\\.)?(${LABEL}\\.)*${LABEL}$`);

/** The hosts of a server_name; NAMELESS, or what is wrong with it. */
function readName(name: string): readonly string[] | string {
  if (name === '' || name === '_' || ADMIN_HOSTS.has(name) || name === '$hostname') return NAMELESS;
  if (name.startsWith('.'))
    return HOST_NAME.test(name.slice(1)) ? [name.slice(1), `*${name}`] : 'is no host name';
  if (name.startsWith('~')) {
    const simple = readRegex(name.slice(1));
    if (simple?.isAnchored && simple.reaches.every(({ isExact }) => isExact)) {
      const hosts = simple.reaches.map(({ text }) => text);
      if (hosts.every((host) => HOST_NAME.test(host))) return hosts;
    }
    return 'hosts are exact or *.example.com, not expressions; give --host NAME to a server without other names';
  }
  // A template that was not filled in.
  if (/[${}]/.test(name)) return NAMELESS;
  if (name.includes('*') && !/^\*\.[^*]+$/.test(name)) return 'a wildcard stands at the beginning only';
  return HOST_NAME.test(name) ? [name] : 'is no host name that a route can have';
}
