/** One run: backends, runtime, traffic and schedule put together, and every invariant checked at the end of each cycle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Json, send } from '../support/product.ts';
import { parseMetrics } from '../support/prometheus.ts';
import { Random } from '../support/random.ts';
import { sizeOf } from '../support/size.ts';
import { type Backend, startBackend } from './backend.ts';
import { wrongCounters } from './counters.ts';
import { judge } from './invariants.ts';
import { Ledger } from './ledger.ts';
import { ORDERS_HOST, orderOf, writeWrappedWorker } from './mishaps.ts';
import { Operator } from './operator.ts';
import { type Row, rowsOf } from './report.ts';
import { type RuntimeProcess, startRuntimeProcess } from './runtime-process.ts';
import { type Cycle, LANES, POOLS, type PoolName, plan, type Step } from './schedule.ts';
import { hostOf, startTraffic } from './traffic.ts';

export interface StormOptions {
  readonly seed: number;
  readonly cycles: number;
  readonly stormMs: number;
  readonly clients: number;
  /** Hears of what is done. */
  readonly tell?: (line: string) => void;
}

export interface StormResult {
  readonly rows: readonly Row[];
  readonly requests: number;
  /** What was broken, one line each, the same invariant at most five times. */
  readonly broken: readonly string[];
  readonly residentMb: readonly number[];
  readonly storageMb: number;
}

/** How long shares may take to be right again when all is calm. */
const CALM_MS = 5_000;
const WEIGHTS: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, d: 1, e: 2, f: 1 };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function storm(options: StormOptions): Promise<StormResult> {
  const run = new Run(options);
  try {
    return await run.go();
  } finally {
    await run.stop();
  }
}

class Run {
  readonly #options: StormOptions;
  readonly #ledger = new Ledger();
  readonly #random: Random;
  readonly #state = mkdtempSync(join(tmpdir(), 'evenkeel-chaos-'));
  readonly #token = crypto.randomUUID();
  readonly #secret = crypto.randomUUID();
  readonly #backends = new Map<string, Backend>();
  readonly #operator: Operator;
  readonly #broken: string[] = [];
  readonly #residentMb: number[] = [];
  #runtime: RuntimeProcess | null = null;
  #port = 0;
  #script = '';

  constructor(options: StormOptions) {
    this.#options = options;
    this.#random = new Random(options.seed + 1);
    this.#operator = new Operator(() => this.#port, this.#token, this.#random);
  }

  async go(): Promise<StormResult> {
    const { seed, cycles, stormMs, tell = () => undefined } = this.#options;
    this.#script = writeWrappedWorker();
    for (const pool of POOLS)
      for (const id of LANES[pool].flat())
        this.#backends.set(`${pool}/${id}`, await startBackend(pool, id, (a) => this.#ledger.arrive(a)));
    await this.#startRuntime();
    await this.#operator.call('PUT', '/config', this.#document());
    for (const [i, cycle] of plan(seed, cycles, stormMs).entries()) {
      await this.#cycle(cycle, i);
      tell(
        `cycle ${i + 1} of ${cycles}: ${this.#ledger.clients.length} requests, ${this.#broken.length} broken`,
      );
    }
    this.#judgeAll();
    return {
      rows: rowsOf(this.#ledger),
      requests: this.#ledger.clients.length,
      broken: this.#broken,
      residentMb: this.#residentMb,
      storageMb: sizeOf(this.#state) / 1_048_576,
    };
  }

  async stop(): Promise<void> {
    await this.#runtime?.kill();
    for (const backend of this.#backends.values()) await backend.stop();
    rmSync(this.#state, { recursive: true, force: true });
  }

  #document(): Json {
    const backends = (pool: PoolName) =>
      LANES[pool].flat().map((id) => ({
        id,
        url: this.#backends.get(`${pool}/${id}`)!.url,
        weight: pool === 'main' ? WEIGHTS[id] : 1,
      }));
    const quick = { baseMs: 700, maxMs: 2_000 };
    return {
      pools: [
        // Two may be bad and one away: the third retry always finds a good one, and no budget stands in the way.
        {
          id: 'main',
          backends: backends('main'),
          timeoutMs: 1_500,
          retry: { maxRetries: 3, budgetPercent: 100 },
          ejection: quick,
        },
        { id: 'plain', backends: backends('plain'), timeoutMs: 1_500 },
        { id: 'sticky', backends: backends('sticky'), timeoutMs: 1_500, ejection: quick },
      ],
      routes: POOLS.map((pool) => ({
        id: pool,
        host: hostOf(pool),
        pool,
        affinity: pool === 'sticky' ? 'cookie' : 'none',
      })),
    };
  }

  async #startRuntime(): Promise<void> {
    this.#runtime = await startRuntimeProcess({
      port: this.#port,
      state: join(this.#state, 'storage'),
      script: this.#script,
      vars: { ADMIN_TOKEN: this.#token, AFFINITY_SECRET: this.#secret, ALLOW_PRIVATE_BACKENDS: 'true' },
    });
    this.#port = this.#runtime.port;
  }

  async #cycle(cycle: Cycle, index: number): Promise<void> {
    const { clients } = this.#options;
    const traffic = startTraffic(() => this.#port, this.#ledger, this.#random, clients, `c${index}`);
    const sampler = setInterval(() => this.#sample(), 1_000);
    try {
      const startedAt = performance.now();
      await Promise.all(
        cycle.steps.map(async (step) => {
          await wait(step.atMs - (performance.now() - startedAt));
          await this.#carryOut(step);
        }),
      );
      await this.#checkCalm(index);
    } finally {
      clearInterval(sampler);
      await traffic.stop();
    }
    await this.#checkCounters(index);
  }

  #sample(): void {
    const mb = this.#runtime?.residentMb() ?? 0;
    if (mb > 0) this.#residentMb.push(Math.round(mb));
  }

  #deed(what: string, lossy = false): void {
    this.#ledger.deeds.push({ what, at: performance.now(), lossy });
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'fault':
        return this.#fault(step);
      case 'operate':
        return this.#operate(step);
      case 'object':
        return this.#mishap(step);
      case 'kill':
        return this.#operator.alone(() => this.#kill());
    }
  }

  async #fault({ pool, backend: id, fault, forMs }: Extract<Step, { kind: 'fault' }>): Promise<void> {
    const backend = this.#backends.get(`${pool}/${id}`)!;
    const span = {
      pool: pool as PoolName,
      backend: id,
      fault,
      from: performance.now(),
      to: Number.POSITIVE_INFINITY,
    };
    this.#ledger.faults.push(span);
    backend.fault = fault;
    if (fault === 'die') await backend.die();
    await wait(forMs);
    if (fault === 'die') await backend.comeBack();
    backend.fault = null;
    span.to = performance.now();
  }

  async #operate({ what, backend, forMs }: Extract<Step, { kind: 'operate' }>): Promise<void> {
    const undo = await this.#operator.alone(async () => {
      this.#deed(`configuration: ${what}`);
      return this.#operator.operate(what, backend);
    });
    await wait(forMs);
    await this.#operator.alone(undo);
  }

  async #mishap({ what, className, pool, forMs }: Extract<Step, { kind: 'object' }>): Promise<void> {
    const name = className === 'Pool' ? `${pool}/0` : 'directory';
    const lossy = (what === 'evict' || what === 'abort') && className === 'Pool';
    this.#deed(`${className} object: ${what}`, lossy);
    if (what === 'evict') await this.#runtime!.evict(className, name);
    else await send(this.#port, ORDERS_HOST, orderOf(what, className, forMs)).catch(() => undefined);
    await wait(forMs);
    if (lossy) this.#deed(`${className} object: ${what} (end)`, true);
  }

  /** SIGKILL while the operator changes things, then a new start on what storage there is. */
  async #kill(): Promise<void> {
    let from = 0;
    const check = await this.#operator.changeUntilKilled(async () => {
      await wait(this.#random.int(50, 300));
      this.#deed('runtime: SIGKILL', true);
      from = performance.now();
      this.#ledger.downtimes.push({ from, to: Number.POSITIVE_INFINITY });
      await this.#runtime!.kill();
    });
    await this.#startRuntime();
    this.#ledger.downtimes.pop();
    this.#ledger.downtimes.push({ from, to: performance.now() });
    const missing = await check();
    if (missing) this.#broken.push(`every answered change is in the configuration after a kill: ${missing}`);
  }

  /** Within five seconds nobody is ejected any more, and shares are the weights again. */
  async #checkCalm(index: number): Promise<void> {
    const end = performance.now() + CALM_MS;
    const verdicts = async () =>
      (await this.#operator.call('GET', '/pools/main/status')).backends.map(({ status }: Json) => status);
    let last = await verdicts();
    while (last.some((status: string) => status !== 'available') && performance.now() < end) {
      await wait(50);
      last = await verdicts();
    }
    if (last.some((status: string) => status !== 'available'))
      this.#broken.push(`within 5 s of calm all are available: cycle ${index + 1}: ${last.join(', ')}`);
    await this.#checkShares(index);
  }

  async #checkShares(index: number): Promise<void> {
    const from = performance.now();
    const { pool } = await this.#operator.call('GET', '/pools/main');
    await wait(2_500);
    const used = this.#ledger.clients.filter(
      (record) => record.pool === 'main' && record.sentAt > from && record.attempts.length === 1,
    );
    const total = pool.backends.reduce((sum: number, { weight }: Json) => sum + weight, 0);
    for (const { id, weight } of pool.backends) {
      const count = used.filter((record) => record.backend === id).length;
      const expected = (used.length * weight) / total;
      // Slots outstanding at both ends of the window, and the requests under way there.
      const allowed = pool.backends.length + pool.maxLease + this.#options.clients;
      if (Math.abs(count - expected) > allowed)
        this.#broken.push(
          `shares return to the weights: cycle ${index + 1}: ${id} got ${count} of ${used.length}, expected ${expected.toFixed(1)}`,
        );
    }
  }

  async #checkCounters(index: number): Promise<void> {
    const read = async () => {
      const metrics = parseMetrics(await this.#operator.call('GET', '/metrics'));
      const samples = metrics.get('evenkeel_requests_total')?.samples ?? [];
      const counters = samples.map(
        ({ labels, value }) => [`${labels.pool}/${labels.backend}`, value] as const,
      );
      return wrongCounters(new Map(counters), this.#ledger);
    };
    const end = performance.now() + CALM_MS;
    let wrong = await read();
    while (wrong.length > 0 && performance.now() < end) {
      await wait(100);
      wrong = await read();
    }
    for (const line of wrong) this.#broken.push(`counters equal what was seen: cycle ${index + 1}: ${line}`);
  }

  #judgeAll(): void {
    const counts = new Map<string, number>();
    for (const record of this.#ledger.clients) {
      const verdict = judge(record, this.#ledger);
      if (verdict.kind !== 'broken') continue;
      const count = (counts.get(verdict.invariant) ?? 0) + 1;
      counts.set(verdict.invariant, count);
      if (count <= 5) this.#broken.push(`${verdict.invariant}: ${verdict.detail}`);
    }
    for (const [invariant, count] of counts)
      if (count > 5) this.#broken.push(`${invariant}: ${count} times in all`);
  }
}
