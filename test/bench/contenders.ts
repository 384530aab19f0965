/** Who is measured: the bare Worker, Evenkeel under each configuration of contract section 8, and the peers. */
import { eventually, send } from '../support/product.ts';
import type { Bed } from './bed.ts';

/** One row of the table. */
export interface Contender {
  readonly name: string;
  /** The process that serves it. */
  readonly pid: number;
  /** Its name in workerd's configuration; a peer has none. */
  readonly service?: string;
  readonly port: number;
  readonly host: string;
  /** Evenkeel's pool, whose object's calls are counted. */
  readonly pool?: string;
  readonly headers?: Record<string, string>;
}

/** Calls the admin API of one of the two Evenkeels; throws unless it succeeds. */
export async function api(bed: Bed, port: number, method: string, path: string, body?: unknown) {
  const answer = await send(port, 'localhost', `/api${path}`, {
    method,
    headers: { authorization: `Bearer ${bed.token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}

/** Resolves when workerd serves. */
export async function untilServing(bed: Bed): Promise<void> {
  const health = () => send(bed.ports.evenkeel, 'localhost', '/api/health').then(({ status }) => status);
  await eventually(
    () => health().catch(() => 0),
    (status) => status === 200,
  );
}

/** Configures both Evenkeels. */
export async function configure(bed: Bed): Promise<void> {
  const urls = bed.backendPorts.map((port) => `http://127.0.0.1:${port}`);
  const backends = urls.map((url, i) => ({ id: 'abc'[i], url }));
  const pools = [
    { id: 'default', backends },
    { id: 'strict', backends, maxLease: 1 },
    { id: 'affinity', backends },
    {
      id: 'backends300',
      backends: Array.from({ length: 300 }, (_, i) => ({ id: `s${i}`, url: urls[i % 3] })),
    },
  ];
  const routes = pools.map(({ id }) => ({
    id,
    host: `${id}.bench`,
    pool: id,
    affinity: id === 'affinity' ? 'cookie' : 'none',
  }));
  await api(bed, bed.ports.evenkeel, 'PUT', '/config', { pools, routes });
  const others = Array.from({ length: 9_999 }, (_, i) => ({
    id: `r${i}`,
    host: `h${i % 100}.bench`,
    path: `/p${i}`,
    pool: 'routes10000',
  }));
  const measured = { id: 'measured', host: 'h7.bench', path: '/', pool: 'routes10000' };
  await api(bed, bed.ports.manyRoutes, 'PUT', '/config', {
    pools: [{ id: 'routes10000', backends }],
    routes: [...others, measured],
  });
}

/** All rows, or the bare Worker and those named in `only`. */
export async function listContenders(bed: Bed, only: readonly string[]): Promise<Contender[]> {
  const { ports, peers } = bed;
  const pid = bed.workerd.pid!;
  const pinned = await send(ports.evenkeel, 'affinity.bench', '/');
  const cookie = pinned.headers['set-cookie']![0]!.split(';')[0]!;
  const own = (name: string, headers?: Record<string, string>): Contender => ({
    name,
    pid,
    service: 'evenkeel',
    port: ports.evenkeel,
    host: `${name}.bench`,
    pool: name,
    headers,
  });
  const all: Contender[] = [
    { name: 'bare', pid, service: 'bare', port: ports.bare, host: 'bare.bench' },
    own('default'),
    own('strict'),
    own('affinity', { cookie }),
    own('backends300'),
    {
      ...own('routes10000'),
      service: 'manyRoutes',
      port: ports.manyRoutes,
      host: 'h7.bench',
    },
    ...peers.map(({ name, port, child }) => ({ name, pid: child.pid!, port, host: `${name}.bench` })),
  ];
  return only.length === 0 ? all : all.filter(({ name }) => name === 'bare' || only.includes(name));
}
