/** From nginx's directives to a configuration document, and what could not be carried over. No I/O. */
import { checkConfig, type Problem } from '../../worker/config/check.ts';
import { noteInside, type Proxied, readLocations } from './location.ts';
import { type Note, Notes } from './notes.ts';
import type { Directive } from './parse.ts';
import { isHandedDown, overridesOf, type Settings, settingsOf } from './retry.ts';
import { poolOf, readUpstream, type Upstream, uniqueId } from './upstream.ts';

type Json = Record<string, unknown>;

export interface Import {
  readonly config: { readonly pools: readonly Json[]; readonly routes: readonly Json[] };
  /** In the order of files and lines. */
  readonly notes: readonly Note[];
  /** What the product's own check finds wrong with the document. */
  readonly errors: readonly Problem[];
}

const ADMIN_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Converts parsed files, includes already in their places. */
export function convert(directives: readonly Directive[]): Import {
  const made = new Conversion();
  made.readHttp(directives, new Map());
  const config = { pools: made.pools, routes: made.routes };
  const around = {
    allowPrivate: true,
    adminHosts: ADMIN_HOSTS,
    hasAffinitySecret: true,
    hasBinding: () => false,
  };
  const checked = checkConfig(config, around);
  const order = [...new Set(made.notes.list.map((note) => note.file))];
  const notes = made.notes.list.toSorted(
    (a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line,
  );
  return { config, notes, errors: checked.ok ? [] : checked.errors };
}

class Conversion {
  readonly pools: Json[] = [];
  readonly routes: Json[] = [];
  readonly notes = new Notes();
  readonly #upstreams = new Map<string, Upstream>();
  /** Pool ids by upstream, scheme and path. */
  readonly #made = new Map<string, string>();
  readonly #poolIds = new Map<string, number>();
  readonly #routeIds = new Map<string, number>();
  readonly #taken = new Set<string>();

  /** The top of a file, or the inside of an http block: upstreams first, for servers name them before or after. */
  readHttp(block: readonly Directive[], outside: Settings): void {
    const settings = settingsOf(block, outside);
    for (const directive of block) {
      if (directive.name !== 'upstream') continue;
      const upstream = readUpstream(directive, this.notes);
      this.#upstreams.set(upstream.name, upstream);
    }
    for (const directive of block) {
      if (directive.name === 'http') this.readHttp(directive.block ?? [], settings);
      else if (directive.name === 'server' && directive.block) this.#readServer(directive, settings);
      else if (directive.name !== 'upstream' && !isHandedDown(directive)) noteInside(directive, this.notes);
    }
  }

  #readServer(server: Directive, outside: Settings): void {
    const block = server.block ?? [];
    const names = block.filter((directive) => directive.name === 'server_name');
    const hosts = names.flatMap((directive) =>
      directive.args.flatMap((name) => this.#hostsOf(name, directive)),
    );
    for (const directive of block) if (directive.name !== 'server_name') noteInside(directive, this.notes);
    const locations = readLocations(block, outside, this.notes);
    if (locations.length > 0 && hosts.length === 0)
      this.notes.drop(server, 'it has no server_name that a route can bear; proxied hosts must be named');
    for (const location of locations) for (const host of hosts) this.#addRoute(host, location);
  }

  #hostsOf(name: string, directive: Directive): string[] {
    const host = name.toLowerCase();
    if (host.startsWith('.')) return [host.slice(1), `*${host}`];
    const wrong =
      host === '_' || host === ''
        ? 'a catch-all has no host; proxied hosts must be named'
        : host.startsWith('~')
          ? 'hosts are exact or *.example.com, not regular expressions'
          : host.includes('*') && !/^\*\.[^*]+$/.test(host)
            ? 'a wildcard stands at the beginning only'
            : ADMIN_HOSTS.has(host)
              ? 'is an admin host here'
              : null;
    if (wrong === null) return [host];
    this.notes.drop(directive, `${name || '""'}: ${wrong}`);
    return [];
  }

  #addRoute(host: string, { directive, path, target, stripPrefix, settings }: Proxied): void {
    const upstream = this.#upstreams.get(target.name) ?? serverOf(target.name, directive);
    if (upstream.servers.length === 0) {
      this.notes.drop(directive, `${target.name} has no server left`);
      return;
    }
    const key = `${host} ${path.replace(/\/$/, '')}`;
    if (this.#taken.has(key)) {
      this.notes.drop(directive, `another location has ${host}${path} already`);
      return;
    }
    this.#taken.add(key);
    this.routes.push({
      id: uniqueId(path === '/' ? host : host + path, this.#routeIds),
      host,
      path,
      pool: this.#poolFor(upstream, target.scheme, target.base),
      ...(stripPrefix ? { stripPrefix } : {}),
      ...upstream.affinity,
      ...overridesOf(settings, this.notes),
    });
  }

  #poolFor(upstream: Upstream, scheme: string, base: string): string {
    const key = `${upstream.name} ${scheme} ${base}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const id = uniqueId(upstream.name + base, this.#poolIds);
    this.#made.set(key, id);
    this.pools.push(poolOf(upstream, id, scheme, base, this.notes));
    return id;
  }
}

/** A `proxy_pass` to a host of its own is a pool of one. */
function serverOf(name: string, directive: Directive): Upstream {
  const isPlain = /^\[|:\d+$/.test(name);
  const port = directive.args[0]?.startsWith('https') ? 443 : 80;
  const host = isPlain ? name : `${name}:${port}`;
  const servers = [{ directive, host, fields: {} }];
  return { name, servers, policy: {}, ejection: {}, slowStartMs: 0, affinity: {} };
}
