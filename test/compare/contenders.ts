/** The balancers that a case is played against: Evenkeel as it is built, and nginx where it is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type Json, type Product, TOKEN } from '../support/product/product.ts';
import { type Actor, lowPort } from './actors.ts';
import { shoot, type Target } from './load.ts';

/** What stands behind the balancer. */
export interface Setup {
  readonly id: string;
  readonly actors: readonly Actor[];
  /** By backend id; 1 where nothing is said. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Backends of a pool of its own that takes over; to nginx they are backup servers. */
  readonly spare?: readonly Actor[];
  /** To the headers; by default Evenkeel's own default. */
  readonly timeoutMs?: number;
  /** Further keys of Evenkeel's pool and route. */
  readonly pool?: Json;
  readonly route?: Json;
}

/** What the balancer noted of a backend. */
export interface Noted {
  readonly kind: string;
  readonly backend: string;
  /** Epoch ms. */
  readonly at: number;
  readonly ejections: number;
  readonly until: number | null;
}

export interface Served extends Target {
  /** The pool's id. */
  readonly pool: string;
  /** What was noted of the pool's backends, oldest first; nginx notes nothing that can be read. */
  events(): Promise<readonly Noted[]>;
  /** The backends as the API tells of them. */
  status(): Promise<Json[]>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  serve(setup: Setup): Promise<Served>;
}

/** Evenkeel: a pool and a route of their own in one running product, with the defaults but for what the setup says. */
export function evenkeel(product: Product): Contender {
  const backends = (actors: readonly Actor[], weights: Readonly<Record<string, number>> = {}) =>
    actors.map(({ id, url }) => ({ id, url, weight: weights[id] ?? 1 }));
  const serve = async ({ id, actors, weights, spare, timeoutMs, pool, route }: Setup): Promise<Served> => {
    const host = `${id}.test`;
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    if (spare) await product.apiOk('PUT', `/pools/${id}-spare`, { backends: backends(spare), ...limit });
    const takesOver = spare ? { whenUnavailable: `pool:${id}-spare` } : {};
    const own = { backends: backends(actors, weights), ...limit, ...takesOver, ...pool };
    await product.apiOk('PUT', `/pools/${id}`, own);
    await product.apiOk('PUT', `/routes/${id}`, { host, pool: id, ...route });
    return {
      pool: id,
      port: product.port,
      host,
      async events() {
        const { events } = await read(product, '/events?limit=1000');
        return events.filter((event: Json) => event.pool === id && event.kind !== 'config').reverse();
      },
      status: async () => (await read(product, `/pools/${id}/status`)).backends,
      stop: async () => undefined,
    };
  };
  return { name: 'Evenkeel', serve };
}

/** Reads the API. Unlike Node's fetch, this client never sends on a connection that workerd is about to close. */
async function read(product: Product, path: string): Promise<Json> {
  const authorization = `Bearer ${TOKEN}`;
  const { status, text } = await product.get('localhost', `/api${path}`, { headers: { authorization } });
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
  return JSON.parse(text);
}

/** Where Debian keeps it; root's path has it, others' may not. */
const NGINX = ['nginx', '/usr/sbin/nginx'];

/** nginx in a process of its own for each setup; null where it is not installed. `version` is what it says of itself. */
export function nginx(): (Contender & { readonly version: string }) | null {
  for (const program of NGINX) {
    const { status, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' });
    if (status !== 0) continue;
    const version = /nginx\/(\S+)/.exec(stderr)?.[1] ?? '';
    return { name: 'nginx', version, serve: (setup) => serveByNginx(program, setup) };
  }
  return null;
}

/** It goes on to the next server for what Evenkeel retries; by default it would for no status. */
const NEXT_UPSTREAM = 'error timeout http_502 http_503 http_504';

/** What Evenkeel gives a backend by default. */
const DEFAULT_TIMEOUT_MS = 30_000;

async function serveByNginx(
  program: string,
  { actors, weights = {}, spare = [], timeoutMs = DEFAULT_TIMEOUT_MS }: Setup,
): Promise<Served> {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-nginx-'));
  const port = await lowPort();
  const server = ({ id, port }: Actor, more = '') =>
    `server 127.0.0.1:${port} weight=${weights[id] ?? 1} max_fails=3 fail_timeout=10s${more};`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir};`,
  );
  const timeouts = ['connect', 'send', 'read'].map((name) => `proxy_${name}_timeout ${timeoutMs}ms;`);
  const config = `daemon off; master_process off; pid ${dir}/nginx.pid; error_log /dev/null crit;
events { worker_connections 4096; }
http { access_log off; client_max_body_size 0; ${temporary.join(' ')}
  upstream pool { ${actors.map((actor) => server(actor)).join(' ')} ${spare.map((actor) => server(actor, ' backup')).join(' ')} keepalive 64; }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://pool; proxy_http_version 1.1; proxy_set_header Connection ""; ${timeouts.join(' ')} proxy_next_upstream ${NEXT_UPSTREAM}; } } }
`;
  writeFileSync(join(dir, 'nginx.conf'), config);
  const child = spawn(program, ['-p', dir, '-e', '/dev/null', '-c', join(dir, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async () => {
    await endProcess(child);
    rmSync(dir, { recursive: true, force: true });
  };
  const target = { port, host: 'pool.test' };
  try {
    await eventually(
      async () => (await shoot(target)).status,
      (status) => status === 200,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...target, pool: 'pool', events: async () => [], status: async () => [], stop };
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
