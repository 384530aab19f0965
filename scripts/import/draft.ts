/** The document that an import writes: ids, pools and routes, each with the line it comes from. No I/O. */
import { backendUrlProblem } from '../../worker/config/backend-url.ts';
import { checkConfig } from '../../worker/config/check.ts';
import type { Report, Source } from './report.ts';

export type Json = Record<string, unknown>;

/** Hosts that the local product keeps for its dashboard. */
export const ADMIN_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What the deployment has is not known here; what the document says is checked without it. */
const DEPLOYMENT = {
  allowPrivate: true,
  adminHosts: ADMIN_HOSTS,
  hasAffinitySecret: true,
  hasBinding: () => false,
};

interface DraftRoute {
  readonly document: Json;
  readonly source: Source;
  readonly part: Source;
  /** It refuses what would be open without it. */
  readonly isGuard: boolean;
}

interface DraftPool {
  readonly document: Json & { readonly id: string; readonly backends: readonly Json[] };
  readonly source: Source;
  readonly servers: readonly Source[];
}

const LONGEST_ID = 55;

/** Makes ids of texts; where two are the same, the second gets a number. */
class Ids {
  readonly #taken = new Set<string>();

  make(text: string): string {
    const base =
      text
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .slice(0, LONGEST_ID)
        .replaceAll(/^-|-$/g, '') || 'x';
    let id = base;
    for (let n = 2; this.#taken.has(id); n++) id = `${base}-${n}`;
    this.#taken.add(id);
    return id;
  }
}

/** Collects pools and routes. */
export class Draft {
  readonly #pools = new Map<string, DraftPool>();
  readonly #routes: DraftRoute[] = [];
  readonly #poolIds = new Ids();
  readonly #routeIds = new Ids();
  readonly #replaced: ReadonlyMap<string, string>;
  readonly #report: Report;

  /** `replaced`: URLs to put in the place of backends, by host with port. */
  constructor(report: Report, replaced: ReadonlyMap<string, string> = new Map()) {
    this.#report = report;
    this.#replaced = replaced;
  }

  /** Adds a pool; returns its id. Backends are given without ids: `servers` are their lines, `names` their names. */
  addPool(
    name: string,
    document: Json,
    backends: readonly (Json & { readonly name: string; readonly url: string })[],
    lines: { readonly source: Source; readonly servers: readonly Source[] },
  ): string {
    const id = this.#poolIds.make(name);
    const ids = new Ids();
    const whole = backends.map(({ name: backend, url, ...fields }, i) => {
      const instead = this.#replaced.get(url.replace(/^https?:\/\//, ''));
      const problem = backendUrlProblem(instead ?? url, { allowPrivate: false, adminHosts: ADMIN_HOSTS });
      if (problem)
        this.#report.note(
          lines.servers[i] ?? lines.source,
          'unreachable',
          `${url}: in production its URL ${problem}`,
        );
      return { id: ids.make(backend), url: instead ?? url, ...fields };
    });
    this.#pools.set(id, { document: { id, ...document, backends: whole }, ...lines });
    return id;
  }

  /** Changes keys of a pool. */
  setPool(id: string, fields: Json): void {
    const pool = this.#pools.get(id);
    if (pool) this.#pools.set(id, { ...pool, document: { ...pool.document, ...fields } });
  }

  pool(id: string): Json {
    return this.#pools.get(id)?.document ?? {};
  }

  /** Adds a route; its id is made of `name`. */
  addRoute(name: string, document: Json, lines: Omit<DraftRoute, 'document'>): void {
    this.#routes.push({ document: { id: this.#routeIds.make(name), ...document }, ...lines });
  }

  /**
   * Returns the document. What the product refuses is left out and reported at its line; it costs one route, or one server,
   * not the document.
   */
  finish(): { readonly pools: readonly Json[]; readonly routes: readonly Json[] } {
    const dropped = new Set<DraftRoute>();
    const badPools = new Set<string>();
    for (;;) {
      const routes = this.#routes.filter((route) => !dropped.has(route));
      const used = this.#usedPools(routes);
      const pools = [...this.#pools.values()].filter(({ document }) => used.has(document.id));
      const config = {
        pools: pools.map(({ document }) => document),
        routes: routes.map(({ document }) => document),
      };
      const checked = checkConfig(config, DEPLOYMENT);
      if (checked.ok) return config;
      let isLess = false;
      for (const { path, message } of checked.errors) {
        const [, list, index = '', key = ''] = /^(routes|pools)\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
        const text = `left out: ${key} ${message}`;
        if (list === 'routes') {
          this.#dropRoute(routes[Number(index)]!, dropped, text);
          isLess = true;
        } else if (list === 'pools') {
          const pool = pools[Number(index)]!;
          if (badPools.has(pool.document.id)) continue;
          badPools.add(pool.document.id);
          this.#report.lose(pool.source, 'elsewhere', text);
          for (const route of routes)
            if (poolsOf(route.document).includes(pool.document.id))
              this.#dropRoute(route, dropped, `left out with its pool ${pool.document.id}`);
          for (const other of this.#pools.values())
            if (other.document.whenUnavailable === `pool:${pool.document.id}`)
              this.setPool(other.document.id, { whenUnavailable: 'fail-open' });
          isLess = true;
        }
      }
      if (!isLess)
        throw new ImportError(
          checked.errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
        );
    }
  }

  #dropRoute(route: DraftRoute, dropped: Set<DraftRoute>, text: string): void {
    if (dropped.has(route)) return;
    dropped.add(route);
    this.#report.lose(route.source, route.isGuard ? 'open' : 'elsewhere', text, route.part);
  }

  #usedPools(routes: readonly DraftRoute[]): Set<string> {
    const used = new Set(routes.flatMap(({ document }) => poolsOf(document)));
    for (const id of used) {
      const fallback = String(this.#pools.get(id)?.document.whenUnavailable ?? '');
      if (fallback.startsWith('pool:')) used.add(fallback.slice('pool:'.length));
    }
    return used;
  }
}

/** The file cannot become a document at all. */
export class ImportError extends Error {}

function poolsOf({ pool, split, mirror }: Json): string[] {
  const parts = (split as { pools: { pool: string }[] } | undefined)?.pools.map((part) => part.pool) ?? [];
  const copy = (mirror as { pool: string } | undefined)?.pool;
  return [...(pool === undefined ? [] : [String(pool)]), ...parts, ...(copy === undefined ? [] : [copy])];
}
