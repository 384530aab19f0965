/** Who is measured: the bare Worker, the lean one, Evenkeel under each configuration of contract section 8, and the peers. */
import { eventually, send } from '../support/product/product.ts';
import type { Bed } from './bed.ts';
import { SHAPES, type Shape, SMALL } from './shapes.ts';

/** One row of the table. */
export interface Contender {
  readonly name: string;
  readonly shape: Shape;
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

/** Calls the admin API of one of the Evenkeels; throws unless it succeeds. */
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

/** The rows that have an Evenkeel of their own besides the default one. */
export const MORE = [
  'strict',
  'affinity',
  'logging',
  'backends300',
  'routes10000',
  'conditions10000',
] as const;

/** The one pool and the route to it that a row is measured with, and what else it is configured with. */
function documentOf(name: string, urls: readonly string[]) {
  const three = urls.map((url, i) => ({ id: 'abc'[i], url }));
  const backends =
    name === 'backends300'
      ? Array.from({ length: 300 }, (_, i) => ({ id: `s${i}`, url: urls[i % 3] }))
      : three;
  const pool = { id: name, backends, ...(name === 'strict' ? { maxLease: 1, maxStaleMs: 0 } : {}) };
  const route = {
    id: name,
    host: HOST,
    pool: name,
    affinity: name === 'affinity' ? 'cookie' : 'none',
    logSampleRate: name === 'logging' ? 1 : 0,
  };
  // The measured route's host is one of a hundred, and each host has a hundred paths.
  const others = Array.from({ length: name === 'routes10000' ? 9_999 : 0 }, (_, i) => ({
    id: `r${i}`,
    host: `h${i % 100}.bench`,
    path: `/p${i}`,
    pool: name,
  }));
  // All on the measured host and path, and more specific than its route: each request must find that none of them fits.
  const conditional = Array.from({ length: name === 'conditions10000' ? 9_999 : 0 }, (_, i) => ({
    id: `c${i}`,
    host: HOST,
    match: { headers: [{ name: 'x-tenant', value: `t${i}` }], query: [{ name: 'v', value: '2' }] },
    pool: name,
  }));
  return { pools: [pool], routes: [...others, ...conditional, route] };
}

/** Whom the load asks for. */
const HOST = 'h7.bench';

/** Configures every Evenkeel. */
export async function configure(bed: Bed): Promise<void> {
  const urls = bed.backendPorts.map((port) => `http://127.0.0.1:${port}`);
  const { evenkeel, more } = bed.ports;
  for (const [name, port] of [['default', evenkeel], ...Object.entries(more)] as const)
    await api(bed, port, 'PUT', '/config', documentOf(name, urls));
}

/** Rows that are measured with the same kind of load, and the bare Worker that they are compared with. */
export interface Group {
  readonly bare: Contender;
  readonly others: readonly Contender[];
}

/** All rows, or those named in `only`; a shape's name stands for all of its rows. */
export async function listGroups(bed: Bed, only: readonly string[]): Promise<Group[]> {
  const { ports, peers } = bed;
  const pid = bed.workerd.pid!;
  const pinned = await send(ports.more.affinity!, HOST, '/');
  const cookie = pinned.headers['set-cookie']![0]!.split(';')[0]!;
  const common = { pid, host: HOST, shape: SMALL };
  const own = ([name, port]: readonly [string, number]): Contender => ({
    ...common,
    name,
    service: name === 'default' ? 'evenkeel' : name,
    port,
    pool: name,
    headers: name === 'affinity' ? { cookie } : undefined,
  });
  const bare: Contender = { ...common, name: 'bare', service: 'bare', port: ports.bare };
  const lean: Contender = { ...common, name: 'lean', service: 'lean', port: ports.lean! };
  const byDefault = own(['default', ports.evenkeel]);
  const small = [
    lean,
    byDefault,
    ...Object.entries(ports.more).map(own),
    ...peers.map(({ name, port, child }) => ({ ...common, name, pid: child.pid!, port })),
  ];
  const isAsked = (name: string) => only.length === 0 || only.includes(name);
  const shaped = Object.entries(SHAPES).map(([name, shape]) => ({
    bare: { ...bare, name: `${name} bare`, shape },
    others: isAsked(name)
      ? [
          { ...lean, name: `${name} lean`, shape },
          { ...byDefault, name, shape },
        ]
      : [],
  }));
  const groups = [{ bare, others: small.filter(({ name }) => isAsked(name)) }, ...shaped];
  return groups.filter(({ others }) => others.length > 0);
}
