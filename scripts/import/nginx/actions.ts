/** From the end of a walk to the action of a route, with the pools that it needs. No I/O. */
import type { Draft, Json } from '../draft.ts';
import { encodePath, HOST, mappingOf, type PathClass, QUERY, REST, SCHEME } from '../paths.ts';
import type { Report } from '../report.ts';
import { inherited, type Scope } from './locations.ts';
import type { Directive } from './parse.ts';
import type { Site, WalkOptions } from './questions.ts';
import {
  bodyLimitOf,
  type Patience,
  patienceOf,
  requestHeadersOf,
  respondHeadersOf,
  responseHeadersOf,
  rewritesLocation,
  typeOf,
} from './settings.ts';
import { type Upstream, upstreamOf, urlOf } from './upstream.ts';
import { type Leaf, walkInside } from './walk.ts';

interface MadePool {
  readonly id: string;
  readonly upstream: Upstream;
  readonly patience: Patience;
}

type Proxy = Extract<Leaf['effect'], { kind: 'proxy' }>;
type Redirect = Extract<Leaf['effect'], { kind: 'redirect' }>;
type Respond = Extract<Leaf['effect'], { kind: 'respond' }>;

const LARGEST_COPY = 1_048_576;

/** Makes actions, and each pool once. */
export class Actions {
  readonly #draft: Draft;
  readonly #report: Report;
  readonly #upstreams: ReadonlyMap<string, Upstream>;
  readonly #options: WalkOptions;
  readonly #pools = new Map<string, MadePool>();

  /** `upstreams`: by name in lower case. */
  constructor(draft: Draft, report: Report, upstreams: ReadonlyMap<string, Upstream>, options: WalkOptions) {
    this.#draft = draft;
    this.#report = report;
    this.#upstreams = upstreams;
    this.#options = options;
  }

  /** Names of the upstreams that pools were made of. */
  get used(): ReadonlySet<string> {
    return new Set([...this.#pools.values()].map(({ upstream }) => upstream.name.toLowerCase()));
  }

  /** The action for requests of `one` that end at `leaf`; a string says why there is none. */
  of(leaf: Leaf, one: PathClass, site: Site): Json | string {
    const { effect } = leaf;
    switch (effect.kind) {
      case 'none':
        return effect.why;
      case 'respond':
        return { respond: this.#respond(effect, leaf, one) };
      case 'redirect':
        return this.#redirect(effect, one, site);
      case 'proxy':
        return this.#proxy(effect, leaf, one, site);
    }
  }

  #respond({ status, body, scope }: Respond, { known }: Leaf, one: PathClass): Json {
    const headers = respondHeadersOf(scope, status, known, this.#report);
    return {
      status,
      ...(body === '' ? {} : { contentType: typeOf(scope, one.path), body }),
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
    };
  }

  #redirect(effect: Redirect, one: PathClass, site: Site): Json | string {
    const { url, status, scope, cause } = effect;
    if (cause.name !== 'location')
      for (const directive of inherited(scope, 'add_header'))
        this.#report.note(directive, 'changed', 'redirects do not get it');
    const [, scheme = '', authority = '', rest = ''] =
      /^(?:(https?|\uE003):\/\/([^/?\uE000\uE001]*))?(.*)$/is.exec(url) ?? [];
    const [path = ''] = rest.split(/[?\uE001]/);
    const own = rest.includes('?');
    const isKept = rest.includes(QUERY) && !own;
    const host = authority.replace(/:(443|80|\$server_port)$/, '');
    const isSameHost = host === '' || host === HOST || host === site.host;
    if (own || /:\d+$/.test(host) || (host !== '' && host !== HOST && /[\uE000-\uE003]/.test(host))) {
      if (/[\uE000\uE002\uE003]/.test(url)) return 'its target has a query or a port of its own';
      // A fixed URL with a query or a port: no redirect of a route has these, a header has.
      return { respond: { status, headers: { Location: url.replace(QUERY, '') } } };
    }
    const mapping =
      path === '' ? mappingOf(one, '/') : mappingOf(one, path.startsWith('/') ? path : `/${path}`);
    if (mapping.kind === 'other') return 'its target cannot be said by a route';
    if (mapping.kind === 'prefix' && !mapping.isExactly)
      this.#report.note(cause, 'changed', 'the path put in place is joined by one slash');
    if (!isKept) this.#report.note(cause, 'changed', 'the query is kept; nginx drops it');
    const to = {
      status,
      ...(scheme === '' || scheme === SCHEME ? {} : { scheme: scheme.toLowerCase() }),
      ...(isSameHost ? {} : { host: host.toLowerCase() }),
      ...(mapping.kind === 'fixed' ? { path: encodePath(mapping.to) } : {}),
      ...(mapping.kind === 'prefix' ? { [one.isExact ? 'path' : 'prefix']: encodePath(mapping.to) } : {}),
    };
    return Object.keys(to).length === 1 ? 'it leads to itself' : { redirect: to };
  }

  #proxy(effect: Proxy, leaf: Leaf, one: PathClass, site: Site): Json | string {
    const pools: { made: MadePool; weight: number }[] = [];
    for (const { address, weight } of effect.targets) {
      const made = this.#poolFor(address, effect.scope, effect.cause, site);
      if (!made) return `${address.replace(/^.*\/\//, '')} has no server left`;
      const same = pools.find((pool) => pool.made === made);
      if (same) same.weight += weight;
      else pools.push({ made, weight });
    }
    const [first] = pools;
    this.#noteHost(effect, first!.made);
    return {
      ...(pools.length === 1 ? { pool: first!.made.id } : { split: this.#split(effect, pools) }),
      ...this.#rewrite(effect, one),
      ...this.#overrides(effect, leaf, first!.made),
      ...this.#mirror(effect.scope, one, site),
    };
  }

  /** Without a directive nginx sends the name of the upstream as Host. */
  #noteHost({ scope, cause }: Proxy, { upstream }: MadePool): void {
    const isSet = inherited(scope, 'proxy_set_header').some(({ args }) => args[0]?.toLowerCase() === 'host');
    if (!isSet && upstream.source !== cause)
      this.#report.note(
        cause,
        'changed',
        `backends see the host of their own URL; nginx sends ${upstream.name}`,
      );
  }

  #split({ split }: Proxy, pools: readonly { made: MadePool; weight: number }[]): Json {
    const byClient = /remote_addr/.test(split?.key ?? '');
    if (split)
      this.#report.note(
        split.directive,
        'changed',
        byClient
          ? 'the shares hold, but other clients than before are in each'
          : 'the shares hold for requests, not for the values of its key',
      );
    return {
      by: byClient ? 'client' : 'request',
      pools: pools.map(({ made, weight }) => ({ pool: made.id, weight })),
    };
  }

  #rewrite({ uri, cause }: Proxy, one: PathClass): Json {
    const mapping = mappingOf(one, uri);
    if (mapping.kind === 'same') return {};
    if (mapping.kind !== 'prefix') {
      this.#report.lose(
        cause,
        'changed',
        `backends get the path as requested, not ${uri.replaceAll(REST, '…')}`,
      );
      return {};
    }
    if (!mapping.isExactly)
      this.#report.note(
        cause,
        'changed',
        'the path put in place is joined by one slash, whatever ends with one',
      );
    return mapping.to === '/' ? { stripPrefix: true } : { rewritePrefix: encodePath(mapping.to) };
  }

  /** What differs from the pool's settings, which are those of the first location that leads to it. */
  #overrides({ scope, cause }: Proxy, { known }: Leaf, made: MadePool): Json {
    const patience = patienceOf(scope, made.upstream.servers.length, this.#report);
    const retry = Object.fromEntries(
      Object.entries(patience.retry).filter(([key, value]) => !isSame(value, made.patience.retry[key])),
    );
    const next = inherited(scope, 'proxy_next_upstream').at(-1);
    if (next && !isSame(patience.failureStatuses, made.patience.failureStatuses))
      this.#report.note(
        next,
        'changed',
        `which statuses count as failures holds for pool ${made.id} as a whole, as its first location has it`,
      );
    const request = requestHeadersOf(scope, known, this.#report);
    const response = responseHeadersOf(scope, known, this.#report);
    const limit = bodyLimitOf(scope, this.#report);
    return {
      ...(rewritesLocation(scope, cause, this.#report) ? {} : { rewriteLocation: false }),
      ...(request ? { requestHeaders: request } : {}),
      ...(response ? { responseHeaders: response } : {}),
      ...(limit === null ? {} : { maxBodyBytes: limit }),
      ...made.upstream.affinity,
      ...(patience.timeoutMs === made.patience.timeoutMs ? {} : { timeoutMs: patience.timeoutMs }),
      ...(Object.keys(retry).length > 0 ? { retry } : {}),
    };
  }

  #mirror(scope: Scope, one: PathClass, site: Site): Json {
    const all = inherited(scope, 'mirror').filter(({ args }) => args[0] !== 'off');
    const [first, ...more] = all;
    if (!first) return {};
    for (const directive of more) this.#report.note(directive, 'changed', 'left out: a route has one mirror');
    const ends = walkInside(site, one, first.args[0] ?? '', this.#options);
    const [end] = ends;
    const [target] = end?.effect.kind === 'proxy' ? end.effect.targets : [];
    const made =
      target && end ? this.#poolFor(target.address, end.effect.scope, end.effect.cause, site) : null;
    if (!made || ends.length > 1) {
      this.#report.note(first, 'changed', 'left out: the mirror leads to no fixed address');
      return {};
    }
    this.#report.note(
      first,
      'changed',
      'copies have the same path and headers as requests; bodies above 1 MB are not copied',
    );
    const body = inherited(scope, 'mirror_request_body').some(({ args }) => args[0] === 'off');
    return { mirror: { pool: made.id, percent: 100, maxBodyBytes: body ? 0 : LARGEST_COPY } };
  }

  #poolFor(address: string, scope: Scope, cause: Directive, site: Site): MadePool | null {
    const key = address.toLowerCase();
    const known = this.#pools.get(key);
    if (known) return known;
    const [scheme = '', name = ''] = address.split('://');
    const upstream = this.#upstreams.get(name.toLowerCase()) ?? upstreamOf(name, cause, scheme);
    if (upstream.servers.length === 0) return null;
    const patience = patienceOf(scope, upstream.servers.length, this.#report);
    const document = {
      ...upstream.policy,
      timeoutMs: patience.timeoutMs,
      retry: patience.retry,
      ejection: { ...upstream.ejection, failureStatuses: patience.failureStatuses },
      ...(upstream.slowStartMs > 0 ? { slowStartMs: upstream.slowStartMs } : {}),
    };
    const backends = upstream.servers.map(({ host, fields }) => ({
      name: host,
      url: urlOf(scheme, host),
      ...fields,
    }));
    const servers = upstream.servers.map(({ directive }) => directive);
    if (scheme === 'https') this.#noteCertificates(scope, upstream, cause);
    const id = this.#draft.addPool(upstream.name, document, backends, { source: upstream.source, servers });
    if (servers.length > 1 && patience.retry.maxRetries !== 0)
      this.#report.note(
        upstream.source,
        'changed',
        'a POST or PATCH that one server refuses is not sent to another: a Worker cannot know that nothing was sent',
      );
    const made = { id, upstream, patience };
    this.#pools.set(key, made);
    this.#takeOver(made, scope, site);
    return made;
  }

  #noteCertificates(scope: Scope, upstream: Upstream, cause: Directive): void {
    if (inherited(scope, 'proxy_ssl_verify').at(-1)?.args[0] !== 'on')
      this.#report.note(
        cause,
        'changed',
        'certificates of backends are verified here, so self-signed ones fail; nginx does not look at them',
      );
    for (const { host, directive } of upstream.servers)
      if (directive !== cause && urlOf('https', host).endsWith(':80'))
        this.#report.note(
          directive,
          'changed',
          'without a port nginx takes 80, also with https; so does the document',
        );
  }

  /** `error_page 502 = @other`: another pool for when none of this one answers. */
  #takeOver({ id }: MadePool, scope: Scope, site: Site): void {
    const page = inherited(scope, 'error_page').find(({ args }) =>
      args.slice(0, -1).some((one) => /^50[234]$/.test(one)),
    );
    if (!page) return;
    const place = page.args.at(-1) ?? '';
    const [end] = place.startsWith('@')
      ? walkInside(site, { path: '/', isExact: false }, place, this.#options)
      : [];
    const [target] = end?.effect.kind === 'proxy' ? end.effect.targets : [];
    const other =
      target && end ? this.#poolFor(target.address, end.effect.scope, end.effect.cause, site) : null;
    if (!other || other.id === id || this.#draft.pool(other.id).whenUnavailable !== undefined) {
      this.#report.note(page, 'cloudflare', 'Custom Errors: pages for errors');
      return;
    }
    this.#draft.setPool(id, { whenUnavailable: `pool:${other.id}` });
    this.#report.note(
      page,
      'changed',
      `pool ${other.id} takes over once every server of ${id} is out, not for each request that fails`,
    );
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
