/** Evenkeel with its objects 100 ms away: how many requests wait for one, by how much traffic an isolate has. */
import http from 'node:http';
import { seeded } from '../support/random.ts';
import { type Bed, makeBed } from './bed.ts';
import { api, untilServing } from './contenders.ts';

/** Isolates by their requests a second: the rarer these are, the more isolates it takes to see enough of them. */
const ISOLATES: ReadonlyMap<number, number> = new Map([
  [0.5, 20],
  [1, 20],
  [5, 6],
  [10, 4],
  [50, 2],
]);
/** A request waited for an object if its backend was asked so much later: an object is 100 ms away. */
const WAITED_MS = 50;
/** In this time an isolate learns of the configuration; it counts for nothing. */
const COLD_MS = 5_000;

export interface FarRow {
  readonly isolates: number;
  readonly requests: number;
  readonly waitedPercent: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Plays each traffic for `seconds`, all at once. Requests come at random times, as from many independent clients. */
export async function measureFar(seconds: number): Promise<Record<string, FarRow>> {
  const fronts = [...ISOLATES].flatMap(([rate, isolates]) => new Array<number>(isolates).fill(rate));
  const bed = await makeBed({ withPeers: false, far: fronts.length });
  const agent = new http.Agent({ keepAlive: true });
  try {
    await untilServing(bed);
    await configureFar(bed);
    const taken = await Promise.all(
      fronts.map((rate, n) => play({ agent, port: bed.ports.far![n]!, rate, seconds, seed: n + 1 })),
    );
    const rows = [...ISOLATES].map(([rate, isolates]) => {
      const requests = taken.filter((_, n) => fronts[n] === rate).flat();
      return [`far: ${rate} requests/s an isolate`, rowOf(isolates, requests)] as const;
    });
    return Object.fromEntries(rows);
  } finally {
    agent.destroy();
    await bed.stop();
  }
}

const idOf = (rate: number) => `far${rate * 10}`;

/** A pool and a route for each traffic, with weights 5:1:1. */
async function configureFar(bed: Bed): Promise<void> {
  const urls = bed.backendPorts.map((port) => `http://127.0.0.1:${port}`);
  const ids = [...ISOLATES.keys()].map(idOf);
  const backends = urls.map((url, i) => ({ id: 'abc'[i], url, weight: i === 0 ? 5 : 1 }));
  const pools = ids.map((id) => ({ id, backends }));
  const routes = ids.map((id) => ({ id, host: `${id}.bench`, pool: id }));
  await api(bed, bed.ports.evenkeel, 'PUT', '/config', { pools, routes });
}

interface Traffic {
  readonly agent: http.Agent;
  readonly port: number;
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
}

interface Timed {
  /** From the client's side. */
  readonly ms: number;
  /** In the isolate, before a backend was asked: other processes that want the core do not lengthen this. */
  readonly waitedMs: number;
}

/** Sends one isolate's requests, whether or not earlier ones have been answered. */
async function play(traffic: Traffic): Promise<Timed[]> {
  const { rate, seconds, seed } = traffic;
  const random = seeded(seed);
  const startedAt = performance.now();
  const sent: Promise<Timed>[] = [];
  await timedGet(traffic, 0);
  const gapMs = () => (-Math.log(1 - random()) / rate) * 1_000;
  for (let at = COLD_MS + gapMs(); at < COLD_MS + seconds * 1_000; at += gapMs()) {
    await new Promise((done) => setTimeout(done, Math.max(0, startedAt + at - performance.now())));
    sent.push(timedGet(traffic, sent.length + 1));
  }
  return Promise.all(sent);
}

function timedGet({ agent, port, rate, seed }: Traffic, n: number): Promise<Timed> {
  const host = `${idOf(rate)}.bench`;
  const headers = { host, 'x-request-id': `${seed}-${n}` };
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${host}: ${response.statusCode}`));
      response.resume();
      const waitedMs = Number(response.headers['waited-ms']);
      response.on('end', () => resolve({ ms: performance.now() - startedAt, waitedMs }));
    });
    request.on('error', reject);
  });
}

function rowOf(isolates: number, requests: readonly Timed[]): FarRow {
  const sorted = requests.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const quantile = (q: number) => Number(sorted[Math.floor(q * (sorted.length - 1))]!.toFixed(1));
  const waited = requests.filter(({ waitedMs }) => waitedMs > WAITED_MS).length;
  return {
    isolates,
    requests: requests.length,
    waitedPercent: Number(((100 * waited) / requests.length).toFixed(2)),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}
