/** One run: backends, runtime, traffic and schedule put together, and every invariant checked at the end of each cycle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Json, send } from '../support/product/product.ts';
import { databaseMb } from '../support/product/size.ts';
import { Random } from '../support/random.ts';
import { AlertReceiver } from './alert-receiver.ts';
import { type Backend, startBackend } from './backend.ts';
import { checkAlerts, checkCalm, checkCounters, judgeAll } from './checks.ts';
import { ORDERS_HOST, orderOf, writeWrappedWorker } from './object-faults.ts';
import { Operator } from './operator.ts';
import { OUTAGE_BASE_MS, planOutages } from './outages.ts';
import { type Row, rowsOf } from './report.ts';
import { RequestLog } from './request-log.ts';
import { type RuntimeProcess, startRuntimeProcess } from './runtime-process.ts';
import { BACKENDS, type Cycle, POOLS, type PoolName, plan, type Step } from './schedule.ts';
import { detectStalls } from './stall-detector.ts';
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

const WEIGHTS: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, d: 1, e: 2, f: 1 };
/** Shorter than the pools' timeouts. */
const STALL_MS = 500;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function storm(options: StormOptions): Promise<StormResult> {
  const run = new Run(options);
  const endPulse = detectStalls(run.requestLog);
  try {
    return await run.go();
  } finally {
    endPulse();
    await run.stop();
  }
}

class Run {
  readonly #options: StormOptions;
  readonly requestLog = new RequestLog();
  readonly #random: Random;
  readonly #state = mkdtempSync(join(tmpdir(), 'evenkeel-chaos-'));
  readonly #token = crypto.randomUUID();
  readonly #secret = crypto.randomUUID();
  readonly #backends = new Map<string, Backend>();
  readonly #operator: Operator;
  readonly #receiver: AlertReceiver;
  readonly #broken: string[] = [];
  #operations: Promise<unknown> = Promise.resolve();
  readonly #residentMb: number[] = [];
  #runtime: RuntimeProcess | null = null;
  #port = 0;
  #script = '';

  constructor(options: StormOptions) {
    this.#options = options;
    this.#random = new Random(options.seed + 1);
    this.#operator = new Operator(() => this.#port, this.#token, this.#random);
    this.#receiver = new AlertReceiver(new Random(options.seed + 3));
  }

  async go(): Promise<StormResult> {
    const { seed, cycles, stormMs, tell = () => undefined } = this.#options;
    this.#script = writeWrappedWorker();
    for (const pool of POOLS)
      for (const id of BACKENDS[pool])
        this.#backends.set(`${pool}/${id}`, await startBackend(pool, id, this.requestLog));
    await this.#receiver.start();
    await this.#startRuntime();
    await this.#operator.call('PUT', '/config', this.#document());
    // Of its own, so that one plan does not shift with the other.
    const outages = new Random(seed + 2);
    for (const [i, cycle] of plan(seed, cycles, stormMs).entries()) {
      const steps = [...cycle.steps, ...planOutages(outages, stormMs)];
      await this.#cycle({ ...cycle, steps }, i);
      tell(
        `cycle ${i + 1} of ${cycles}: ${this.requestLog.clients.length} requests, ${this.#broken.length} broken`,
      );
    }
    this.#broken.push(...judgeAll(this.requestLog), ...this.#receiver.broken());
    return {
      rows: rowsOf(this.requestLog),
      requests: this.requestLog.clients.length,
      broken: this.#broken,
      residentMb: this.#residentMb,
      storageMb: databaseMb(this.#state),
    };
  }

  async stop(): Promise<void> {
    await this.#runtime?.kill();
    for (const backend of this.#backends.values()) await backend.stop();
    await this.#receiver.stop();
    rmSync(this.#state, { recursive: true, force: true });
  }

  #document(): Json {
    const backends = (pool: PoolName) =>
      BACKENDS[pool].map((id) => ({
        id,
        url: this.#backends.get(`${pool}/${id}`)!.url,
        weight: pool === 'main' ? WEIGHTS[id] : 1,
      }));
    const quick = { baseMs: 700, maxMs: 2_000 };
    const light = { baseMs: OUTAGE_BASE_MS, maxMs: 2 * OUTAGE_BASE_MS, stallMs: STALL_MS };
    const outage = (id: PoolName, more: Json = {}) => ({
      id,
      backends: backends(id),
      timeoutMs: 1_500,
      ejection: light,
      ...more,
    });
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
        // Retries as by default.
        { id: 'plain', backends: backends('plain'), timeoutMs: 1_500, ejection: { baseMs: 1_000 } },
        { id: 'sticky', backends: backends('sticky'), timeoutMs: 1_500, ejection: quick },
        outage('shielded', { whenUnavailable: 'pool:spare' }),
        outage('spare'),
        outage('guarded', { whenUnavailable: 'reject' }),
        outage('rolling'),
        outage('quiet'),
        outage('halved'),
        { id: 'uploads', backends: backends('uploads') },
      ],
      routes: POOLS.map((pool) => ({
        id: pool,
        host: hostOf(pool),
        pool,
        affinity: pool === 'sticky' ? 'cookie' : 'none',
      })),
      alerts: [{ id: 'ops', url: this.#receiver.url, on: ['pool-down', 'backend-out'] }],
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
    const traffic = startTraffic(() => this.#port, this.requestLog, this.#random, clients, `c${index}`);
    this.#receiver.isReliable = false;
    const sampler = setInterval(() => this.#sample(), 1_000);
    try {
      const startedAt = performance.now();
      await Promise.all(
        cycle.steps.map(async (step) => {
          await wait(step.atMs - (performance.now() - startedAt));
          await this.#carryOut(step);
        }),
      );
      this.#note(index, await checkCalm(this.#operator, this.requestLog, this.#options.clients));
      this.#receiver.isReliable = true;
      this.#note(index, await checkAlerts(this.#operator));
    } finally {
      clearInterval(sampler);
      await traffic.stop();
    }
    this.#note(index, await checkCounters(this.#operator, this.requestLog));
  }

  #note(cycle: number, broken: readonly string[]): void {
    this.#broken.push(...broken.map((line) => `cycle ${cycle + 1}: ${line}`));
  }

  #sample(): void {
    const mb = this.#runtime?.residentMb() ?? 0;
    if (mb > 0) this.#residentMb.push(Math.round(mb));
  }

  #record(what: string, lossy = false): void {
    this.requestLog.actions.push({ what, at: performance.now(), lossy });
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'fault':
        return this.#fault(step);
      case 'operate':
        return this.#operate(step);
      case 'object':
        return this.#failObject(step);
      case 'kill':
        return this.#operator.alone(() => this.#kill());
    }
  }

  async #fault({ pool, backend: id, fault, forMs }: Extract<Step, { kind: 'fault' }>): Promise<void> {
    const backend = this.#backends.get(`${pool}/${id}`)!;
    const span = {
      pool,
      backend: id,
      fault,
      from: performance.now(),
      to: Number.POSITIVE_INFINITY,
    };
    this.requestLog.faults.push(span);
    backend.fault = fault;
    if (fault === 'die') await backend.die();
    await wait(forMs);
    if (fault === 'die') await backend.comeBack();
    backend.fault = null;
    span.to = performance.now();
  }

  /** One after the other: where a kill has held one up, the next must not begin before it is put right. */
  #operate(step: Extract<Step, { kind: 'operate' }>): Promise<void> {
    const done = this.#operations.then(() => this.#operateNow(step));
    this.#operations = done.catch(() => undefined);
    return done;
  }

  async #operateNow({ what, backend, forMs }: Extract<Step, { kind: 'operate' }>): Promise<void> {
    const undo = await this.#operator.alone(async () => {
      this.#record(`configuration: ${what}`);
      return this.#operator.operate(what, backend);
    });
    await wait(forMs);
    await this.#operator.alone(undo);
  }

  async #failObject({ what, className, pool, forMs }: Extract<Step, { kind: 'object' }>): Promise<void> {
    const name = className === 'Pool' ? `${pool}/0` : 'directory';
    const lossy = (what === 'evict' || what === 'abort') && className === 'Pool';
    this.#record(`${className} object: ${what}`, lossy);
    if (what === 'evict') await this.#runtime!.evict(className, name);
    else await send(this.#port, ORDERS_HOST, orderOf(what, className, forMs)).catch(() => undefined);
    const lossEnds = () => {
      if (lossy) this.requestLog.actions.push({ what, at: performance.now(), lossy, isEnd: true });
    };
    lossEnds();
    await wait(forMs);
    lossEnds();
  }

  /** SIGKILL while the operator changes things, then a new start on what storage there is. */
  async #kill(): Promise<void> {
    let from = 0;
    const check = await this.#operator.changeUntilKilled(async () => {
      await wait(this.#random.int(50, 300));
      this.#record('runtime: SIGKILL', true);
      from = performance.now();
      this.requestLog.downtimes.push({ from, to: Number.POSITIVE_INFINITY });
      await this.#runtime!.kill();
    });
    await this.#startRuntime();
    this.requestLog.downtimes.pop();
    this.requestLog.downtimes.push({ from, to: performance.now() });
    const missing = await check();
    if (missing) this.#broken.push(`every answered change is in the configuration after a kill: ${missing}`);
  }
}
