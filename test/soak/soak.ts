/** `npm run soak`: 200,000 requests at 64 connections while backends fail and recover; errors, memory and storage. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { freePort } from '../../scripts/support/ports.ts';
import { startWorkerd } from '../bench/workerd.ts';
import { residentMb } from '../chaos/runtime-process.ts';
import { eventually, send } from '../support/product.ts';
import { Deck, Random } from '../support/random.ts';
import { databaseMb } from '../support/size.ts';
import type { SoakFault, SoakOrder } from './backends.ts';
import { runConnection } from './connection.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
});
const REQUESTS = Number(values.requests);
const CONNECTIONS = 64;
/** Memory and storage count from here on. */
const WARM = Math.min(20_000, REQUESTS / 10);
const TOKEN = crypto.randomUUID();
const FAULTS: readonly SoakFault[] = ['die', '503', 'reset', 'hang'];
const FAULT_MS = 700;
const CALM_MS = 900;
/** A connection that broke in a fault may be found broken a little later. */
const AFTERMATH_MS = 500;
/** Memory in the last fifth against that in the first fifth after warming up. */
const GROWTH_ALLOWED = 1.2;
const STORAGE_ALLOWED_MB = 10;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

buildIfNeeded();
const random = new Random(Number(values.seed));
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-soak-'));
const backendPorts: number[] = [];
for (let i = 0; i < 4; i++) backendPorts.push(await freePort(0));
const ports = { bare: await freePort(0), evenkeel: await freePort(0), more: {} };
const backends = fork(`${ROOT}/test/soak/backends.ts`, backendPorts.map(String));
await once(backends, 'message');
const workerd = startWorkerd(dir, ports, `http://127.0.0.1:${backendPorts[0]}`, TOKEN, []);

const statuses = new Map<number, number>();
const unexplained: string[] = [];
const samples: { at: number; mb: number; storageMb: number }[] = [];
const bad = new Map<string, number>();
let sent = 0;
let done = 0;
let faults = 0;

try {
  await configure();
  const startedAt = performance.now();
  const sampler = setInterval(sample, 500);
  const troubles = makeTrouble();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () => runConnection(ports.evenkeel, nextRequest, onAnswer)),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  clearInterval(sampler);
  sample();
  await troubles;
  report(seconds);
} finally {
  workerd.kill();
  backends.kill();
  rmSync(dir, { recursive: true, force: true });
}

async function api(method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await send(ports.evenkeel, 'localhost', `/api${path}`, { method, headers, ...text });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}

async function configure(): Promise<void> {
  const isUp = () =>
    send(ports.evenkeel, 'localhost', '/api/health').then(
      ({ status }) => status === 200,
      () => false,
    );
  await eventually(isUp, Boolean);
  const pool = {
    id: 'soak',
    backends: backendPorts.map((port, i) => ({ id: 'abcd'[i], url: `http://127.0.0.1:${port}` })),
    timeoutMs: 1_000,
    retry: { budgetPercent: 100 },
    ejection: { baseMs: 500, maxMs: 1_000 },
  };
  await api('PUT', '/config', { pools: [pool], routes: [{ id: 'soak', host: 'soak.test', pool: 'soak' }] });
}

function nextRequest(): string | null {
  if (sent >= REQUESTS) return null;
  const n = ++sent;
  if (n % 10 !== 0) return `GET /get/${n}?q=1 HTTP/1.1\r\nHost: soak.test\r\n\r\n`;
  return `POST /post/${n} HTTP/1.1\r\nHost: soak.test\r\nContent-Length: 5\r\nX-Post: 1\r\n\r\nhello`;
}

function onAnswer(status: number, attempts: string): void {
  done++;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (status === 200) return;
  // Only what may not be repeated may fail, and only at a backend that was failing.
  const tried = attempts.split(', ').map((attempt) => attempt.split(';')[0]!);
  const isCaused = tried.length === 1 && performance.now() - (bad.get(tried[0]!) ?? 0) < AFTERMATH_MS;
  if (!isCaused) unexplained.push(`request ${done}: ${status} after ${attempts || 'nothing'}`);
}

/** One backend of four fails at a time, in every way, until all requests are sent. */
async function makeTrouble(): Promise<void> {
  const deck = new Deck(FAULTS, random);
  while (sent < REQUESTS) {
    await wait(CALM_MS);
    const order: SoakOrder = { backend: random.int(0, 3), fault: deck.deal() };
    const id = 'abcd'[order.backend]!;
    faults++;
    bad.set(id, Number.POSITIVE_INFINITY);
    backends.send(order);
    await wait(FAULT_MS);
    backends.send({ ...order, fault: null });
    // What hangs now may be answered with a timeout for another second.
    bad.set(id, performance.now() + (order.fault === 'hang' ? 1_000 : 0));
  }
}

function sample(): void {
  samples.push({
    at: done,
    mb: residentMb(workerd.pid!),
    storageMb: databaseMb(join(dir, 'storage')),
  });
}

function report(seconds: number): void {
  const warm = samples.filter(({ at }) => at >= WARM);
  const fifth = Math.max(1, Math.floor(warm.length / 5));
  const median = (of: typeof samples) => of.map(({ mb }) => mb).toSorted((a, b) => a - b)[of.length >> 1]!;
  const [first, last] = [median(warm.slice(0, fifth)), median(warm.slice(-fifth))];
  const tenths = Array.from({ length: 10 }, (_, i) => {
    const of = samples.filter(({ at }) => at > (i * REQUESTS) / 10 && at <= ((i + 1) * REQUESTS) / 10);
    return of.at(-1)?.mb ?? 0;
  });
  const storage = Math.max(...samples.map(({ storageMb }) => storageMb));
  const peak = Math.max(...samples.map(({ mb }) => mb));
  const ok = statuses.get(200) ?? 0;
  const failed = [...statuses].filter(([status]) => status !== 200);
  const rows = [
    [
      'machine',
      `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    ],
    [
      'requests',
      `${done} at ${CONNECTIONS} connections in ${Math.round(seconds)} s (${Math.round(done / seconds)}/s)`,
    ],
    ['faults', `${faults}: one backend of four dies, answers 503, resets or hangs for ${FAULT_MS} ms`],
    [
      'answers',
      `${ok} × 200; ${failed.map(([status, count]) => `${count} × ${status || 'none'}`).join(', ') || 'no other'}`,
    ],
    ['not caused by a backend', String(unexplained.length)],
    [
      'memory of workerd',
      `${Math.round(first)} MB after ${WARM} requests, ${Math.round(last)} MB at the end, at most ${Math.round(peak)} MB`,
    ],
    ['memory by tenths', tenths.map((mb) => Math.round(mb)).join(', ')],
    ['storage', `at most ${storage.toFixed(1)} MB in the objects’ databases`],
  ];
  console.log(
    ['| soak | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n'),
  );
  for (const line of unexplained.slice(0, 10)) console.log(`BROKEN: ${line}`);
  if (last > first * GROWTH_ALLOWED) console.log(`BROKEN: memory grew from ${first} to ${last} MB`);
  if (storage > STORAGE_ALLOWED_MB) console.log(`BROKEN: storage grew to ${storage} MB`);
  const isGood = unexplained.length === 0 && last <= first * GROWTH_ALLOWED && storage <= STORAGE_ALLOWED_MB;
  process.exitCode = isGood ? 0 : 1;
}
