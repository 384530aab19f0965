/** `npm run soak`: 200,000 requests at 64 connections while backends fail and recover; errors, memory and storage. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { freePort } from '../../scripts/support/ports.ts';
import { startWorkerd } from '../bench/workerd.ts';
import { residentMb } from '../chaos/runtime-process.ts';
import { eventually, send } from '../support/product/product.ts';
import { databaseMb } from '../support/product/size.ts';
import { Deck, Random } from '../support/random.ts';
import type { SoakFault, SoakOrder } from './backends.ts';
import { type OnAnswer, runConnection } from './connection.ts';
import { type Sample, sampleWhile } from './memory.ts';
import { printReport } from './report.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    /** Before those: the runtime's heap takes its size over so many, whatever the Worker (see the bare one's). */
    'warm-up': { type: 'string', default: '400000' },
    seed: { type: 'string', default: '1' },
    /** Puts the table into the documentation. */
    write: { type: 'boolean', default: false },
  },
});
const REQUESTS = Number(values.requests);
const WARM_UP = Number(values['warm-up']);
const CONNECTIONS = 64;
const TOKEN = crypto.randomUUID();
const FAULTS: readonly SoakFault[] = ['die', '503', 'reset', 'hang'];
const FAULT_MS = 700;
const CALM_MS = 900;
/** A connection that broke in a fault may be found broken a little later. */
const AFTERMATH_MS = 500;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

buildIfNeeded();
const random = new Random(Number(values.seed));
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-soak-'));
const backendPorts: number[] = [];
for (let i = 0; i < 4; i++) backendPorts.push(await freePort(0));
const ports = { bare: await freePort(0), evenkeel: await freePort(0), more: {} };
const backends = fork(`${ROOT}/test/soak/backends.ts`, backendPorts.map(String));
await once(backends, 'message');
const start = () => startWorkerd(dir, ports, `http://127.0.0.1:${backendPorts[0]}`, TOKEN, []);
let workerd = start();

const statuses = new Map<number, number>();
const unexplained: string[] = [];
const bad = new Map<string, number>();
let answered = 0;
let storageMb = 0;
let isOver = false;
let faults = 0;

try {
  await untilServing();
  const bare = await drive(ports.bare, WARM_UP, () => undefined);
  const gone = once(workerd, 'exit');
  workerd.kill();
  await gone;
  workerd = start();
  await untilServing();
  await configure();
  const troubles = makeTrouble();
  const warmUp = await drive(ports.evenkeel, WARM_UP, onAnswer);
  const { seconds, samples } = await drive(ports.evenkeel, REQUESTS, onAnswer);
  isOver = true;
  await troubles;
  const memory = { samples, whileWarmingUp: warmUp.samples, ofBare: bare.samples };
  const counted = { requests: REQUESTS, warmUp: WARM_UP, connections: CONNECTIONS, faultMs: FAULT_MS };
  const result = { ...counted, ...memory, seconds, faults, statuses, unexplained, storageMb };
  printReport(result, values.write);
} finally {
  workerd.kill();
  backends.kill();
  rmSync(dir, { recursive: true, force: true });
}

/** Sends `requests` over all connections, as fast as they are answered. */
async function drive(
  port: number,
  requests: number,
  onEach: OnAnswer,
): Promise<{ seconds: number; samples: Sample[] }> {
  let sent = 0;
  let done = 0;
  const next = () => (sent < requests ? requestOf(++sent) : null);
  const count: OnAnswer = (status, attempts) => {
    done++;
    onEach(status, attempts);
  };
  const startedAt = performance.now();
  const stop = sampleWhile(() => {
    storageMb = Math.max(storageMb, databaseMb(join(dir, 'storage')));
    return { at: done, mb: residentMb(workerd.pid!) };
  });
  await Promise.all(Array.from({ length: CONNECTIONS }, () => runConnection(port, next, count)));
  return { seconds: (performance.now() - startedAt) / 1_000, samples: stop() };
}

async function api(method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await send(ports.evenkeel, 'localhost', `/api${path}`, { method, headers, ...text });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}

async function untilServing(): Promise<void> {
  const isUp = () =>
    send(ports.evenkeel, 'localhost', '/api/health').then(
      ({ status }) => status === 200,
      () => false,
    );
  await eventually(isUp, Boolean);
}

async function configure(): Promise<void> {
  const pool = {
    id: 'soak',
    backends: backendPorts.map((port, i) => ({ id: 'abcd'[i], url: `http://127.0.0.1:${port}` })),
    timeoutMs: 1_000,
    retry: { budgetPercent: 100 },
    ejection: { baseMs: 500, maxMs: 1_000 },
  };
  await api('PUT', '/config', { pools: [pool], routes: [{ id: 'soak', host: 'soak.test', pool: 'soak' }] });
}

function requestOf(n: number): string {
  if (n % 10 !== 0) return `GET /get/${n}?q=1 HTTP/1.1\r\nHost: soak.test\r\n\r\n`;
  return `POST /post/${n} HTTP/1.1\r\nHost: soak.test\r\nContent-Length: 5\r\nX-Post: 1\r\n\r\nhello`;
}

function onAnswer(status: number, attempts: string): void {
  answered++;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (status === 200) return;
  // Only what may not be repeated may fail, and only at a backend that was failing.
  const tried = attempts.split(', ').map((attempt) => attempt.split(';')[0]!);
  const isCaused = tried.length === 1 && performance.now() - (bad.get(tried[0]!) ?? 0) < AFTERMATH_MS;
  if (!isCaused) unexplained.push(`request ${answered}: ${status} after ${attempts || 'nothing'}`);
}

/** One backend of four fails at a time, in every way, until all is over. */
async function makeTrouble(): Promise<void> {
  const deck = new Deck(FAULTS, random);
  while (!isOver) {
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
