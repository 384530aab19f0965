/** `npm run bench`: Evenkeel beside a bare pass-through Worker in one runtime; see contract section 8. */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { freePort } from '../../scripts/support/ports.ts';
import { eventually, send } from '../support/product.ts';
import { loadGenerator, type Measured, measure } from './load.ts';
import { startPeers } from './peers.ts';
import { startWorkerd } from './workerd.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const CONNECTIONS = 32;
const TOKEN = crypto.randomUUID();

interface Contender {
  readonly name: string;
  readonly port: number;
  readonly host: string;
  readonly pool?: string;
  readonly headers?: Record<string, string>;
}

interface Row extends Measured {
  /** CPU time of workerd per request in microseconds: steadier than throughput on a busy machine. */
  readonly cpuUs: number;
  readonly objectCalls: number;
  readonly rowsWritten: number;
}

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

buildIfNeeded();
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
const mayPin = availableParallelism() > 1 && process.platform === 'linux';
const onCore = (core: number) => (mayPin ? ['taskset', '-c', String(core)] : []);
const generator = await loadGenerator();
const backendPorts = [await freePort(0), await freePort(0), await freePort(0)];
const ports = { bare: await freePort(0), evenkeel: await freePort(0), manyRoutes: await freePort(0) };
const backend = fork(`${ROOT}/test/bench/backend.ts`, backendPorts.map(String));
await once(backend, 'message');
if (mayPin) execFileSync('taskset', ['-acp', '1', String(backend.pid)], { stdio: 'ignore' });
const urls = backendPorts.map((port) => `http://127.0.0.1:${port}`);
const workerd = startWorkerd(dir, ports, urls[0]!, TOKEN, onCore(0));
const peers = startPeers(
  dir,
  { nginx: await freePort(0), haproxy: await freePort(0) },
  backendPorts,
  onCore(0),
);

try {
  await configure();
  const only = values.only.split(',');
  const contenders = (await listContenders()).filter(
    ({ name }) => values.only === '' || name === 'bare' || only.includes(name),
  );
  const rows = new Map<string, Row[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await burst(contender, 1);
  for (let round = 1; round <= ROUNDS; round++) {
    // Alternating, and in turned order, so that a noisy minute falls on all alike.
    for (const contender of round % 2 ? contenders : contenders.toReversed())
      rows.get(contender.name)!.push(await burst(contender, SECONDS));
    process.stderr.write(`round ${round} of ${ROUNDS}\n`);
  }
  report(rows);
} finally {
  workerd.kill();
  backend.kill();
  for (const { child } of peers) child.kill();
  rmSync(dir, { recursive: true, force: true });
}

/** User and system time of a process so far, by /proc (in ticks of 10 ms); 0 where there is none. */
function cpuSeconds(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function api(port: number, method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await send(port, 'localhost', `/api${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}

async function configure(): Promise<void> {
  await eventually(
    () =>
      send(ports.evenkeel, 'localhost', '/api/health').then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );
  const backends = urls.map((url, i) => ({ id: 'abc'[i], url }));
  const many = Array.from({ length: 300 }, (_, i) => ({ id: `s${i}`, url: urls[i % 3] }));
  const pools = [
    { id: 'default', backends },
    { id: 'strict', backends, maxLease: 1 },
    { id: 'affinity', backends },
    { id: 'backends300', backends: many },
  ];
  const routes = pools.map(({ id }) => ({
    id,
    host: `${id}.bench`,
    pool: id,
    affinity: id === 'affinity' ? 'cookie' : 'none',
  }));
  await api(ports.evenkeel, 'PUT', '/config', { pools, routes });
  const paths = Array.from({ length: 9_999 }, (_, i) => ({
    id: `r${i}`,
    host: `h${i % 100}.bench`,
    path: `/p${i}`,
    pool: 'routes10000',
  }));
  const measured = { id: 'measured', host: 'h7.bench', path: '/', pool: 'routes10000' };
  await api(ports.manyRoutes, 'PUT', '/config', {
    pools: [{ id: 'routes10000', backends }],
    routes: [...paths, measured],
  });
}

async function listContenders(): Promise<Contender[]> {
  const pinned = await send(ports.evenkeel, 'affinity.bench', '/');
  const cookie = pinned.headers['set-cookie']?.[0]?.split(';')[0];
  const own = (name: string, headers?: Record<string, string>): Contender => ({
    name,
    port: ports.evenkeel,
    host: `${name}.bench`,
    pool: name,
    headers,
  });
  return [
    { name: 'bare', port: ports.bare, host: 'bare.bench' },
    own('default'),
    own('strict'),
    own('affinity', cookie ? { cookie } : {}),
    own('backends300'),
    { name: 'routes10000', port: ports.manyRoutes, host: 'h7.bench', pool: 'routes10000' },
    ...peers.map(({ name, port }) => ({ name, port, host: `${name}.bench` })),
  ];
}

async function burst(contender: Contender, seconds: number): Promise<Row> {
  const { port, host, pool, headers } = contender;
  const count = async () => {
    if (!pool) return { calls: 0, rows: 0 };
    const { shards } = await api(port, 'GET', `/pools/${pool}/status`);
    const sum = (key: string) =>
      shards.reduce((a: number, shard: Record<string, number>) => a + shard[key]!, 0);
    return { calls: sum('objectCalls'), rows: sum('rowsWritten') };
  };
  const before = await count();
  const cpuBefore = cpuSeconds(workerd.pid!);
  const load = { port, host, path: '/some/path?q=1', headers, connections: CONNECTIONS, seconds };
  const measured = await measure(load, generator, onCore(1));
  if (measured.errors > 0 || measured.requests === 0)
    throw new Error(`${contender.name}: ${measured.errors} errors of ${measured.requests}`);
  const cpuUs = ((cpuSeconds(workerd.pid!) - cpuBefore) / measured.requests) * 1e6;
  const after = await count();
  return {
    ...measured,
    cpuUs,
    objectCalls: (after.calls - before.calls) / measured.requests,
    rowsWritten: (after.rows - before.rows) / measured.requests,
  };
}

function report(all: ReadonlyMap<string, Row[]>): void {
  const bare = all.get('bare')!;
  const throughput = Object.fromEntries(
    [...all].map(([name, rows]) => {
      const of = (key: keyof Row) => median(rows.map((row) => row[key]));
      const base = {
        rps: Math.round(of('rps')),
        p50Ms: of('p50Ms'),
        p99Ms: of('p99Ms'),
        cpuUs: Math.round(of('cpuUs')),
      };
      if (name === 'bare') return [name, base];
      // Ratios of one round, so that what slows the machine down slows both.
      const ratio = Number(median(rows.map((row, i) => row.rps / bare[i]!.rps)).toFixed(3));
      if (name === 'nginx' || name === 'haproxy') return [name, { ...base, ratio }];
      const perRequest = (key: 'objectCalls' | 'rowsWritten') => Number(of(key).toFixed(4));
      return [
        name,
        {
          ...base,
          ratio,
          objectCallsPerRequest: perRequest('objectCalls'),
          rowsWrittenPerRequest: perRequest('rowsWritten'),
        },
      ];
    }),
  );
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    pinned: mayPin,
    load: generator,
  };
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT }).toString().trim();
  const results = { machine, commit, rounds: ROUNDS, connections: CONNECTIONS, throughput };
  writeFileSync(`${ROOT}/bench-results.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.table(throughput);
  console.log('ratios to the bare Worker of the same round, medians; written to bench-results.json');
}
