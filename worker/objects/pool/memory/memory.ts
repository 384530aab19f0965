/** What a Pool object remembers of its clients: totals, the past in steps, the health and its incidents. */
import { type Eligible, type Standing, standing, type VerdictOf } from '../../../balance/available.ts';
import type { PoolConfig } from '../../../config/schema.ts';
import type { Env } from '../../../env.ts';
import type { IncidentPart, ShardName, ShardRecent } from '../../../protocol/messages.ts';
import { directoryObject } from '../../../protocol/rpc.ts';
import { type PoolVerdict, poolHealth, RecentRequests, WINDOW_MS } from '../../../stats/health.ts';
import {
  mergeReceived,
  noneReceived,
  type ReceivedCell,
  ReceivedTotals,
  type StoredReceived,
} from '../../../stats/received.ts';
import {
  LEVELS,
  type Range,
  readStep,
  rollUp,
  type ScopeFilter,
  type ShardSeries,
  type Step,
  type StoredStep,
  selectSeries,
  storeStep,
} from '../../../stats/rollup.ts';
import type { PoolFacts } from './condition-report.ts';
import { HealthWatch, type StoredHealth } from './health-watch.ts';
import { RecentSteps } from './recent-steps.ts';
import type { RollupStore } from './rollup-store.ts';

const MINUTE = LEVELS[0].rowMs;
/** Figures of an unfinished minute that are written with the state, every second; more of them get rows of their own. */
const UNFINISHED_FIGURES = 600;
/** So often at most. */
const UNFINISHED_MS = 10_000;
/** A pool is judged this often while nothing special happens. */
const JUDGE_MS = 1_000;
/** An incident that is going on is reported this often. */
const REPORT_MS = 5_000;

/** The standings of a backend that is out against the operator's will. */
const OUT: ReadonlySet<Standing> = new Set(['ejected', 'unhealthy']);

/** What is stored with the object's state. */
export interface StoredMemory {
  readonly received: StoredReceived;
  readonly health: StoredHealth;
  /** The steps of the minute that is not over; null: they are in a row of their own. */
  readonly unfinished: readonly StoredStep[] | null;
}

/** The pool as its object sees it now. */
interface JudgedPool {
  readonly config: PoolConfig;
  readonly verdictOf: VerdictOf;
  findEligible(): Eligible;
}

/** Every time is epoch ms. */
export class Memory {
  readonly received: ReceivedTotals;
  readonly steps: RecentSteps;
  readonly health: HealthWatch;
  readonly #rollups: RollupStore;
  readonly #requests = new RecentRequests();
  /** Minutes before this are in rows. */
  #savedUntil: number;
  #unfinishedAt = 0;
  #judgedAt = 0;
  #verdict: PoolVerdict = { state: 'ok', why: '', backends: [], isPassing: false };
  #out: PoolFacts['out'] = [];
  #reportedAt = Date.now();

  constructor(name: ShardName, rollups: RollupStore, stored: StoredMemory | undefined, now: number) {
    this.#rollups = rollups;
    this.received = new ReceivedTotals(stored?.received);
    this.health = new HealthWatch(name, stored?.health, now);
    // A long unfinished minute has a row.
    const unfinished = stored?.unfinished?.map(readStep) ?? [];
    const begin = unfinished[0]?.at ?? now;
    this.#savedUntil = begin - (begin % MINUTE);
    const inRows = stored ? rollups.steps(0, now - WINDOW_MS - MINUTE, now + MINUTE) : [];
    const steps = unfinished.length > 0 ? inRows.filter(({ at }) => at < this.#savedUntil) : inRows;
    this.steps = new RecentSteps([...steps, ...unfinished]);
    for (const { at, figures } of this.steps.since(now - WINDOW_MS)) {
      const pool = figures.get('pool');
      if (pool) this.#requests.add(pool.received, at);
    }
  }

  /** Counts what clients received. */
  add(cells: readonly ReceivedCell[], now: number): void {
    if (cells.length === 0) return;
    const all = noneReceived();
    for (const cell of cells) {
      this.received.add(cell);
      this.steps.addReceived(cell, now);
      mergeReceived(all, cell[2]);
    }
    this.#requests.add(all, now);
    this.health.count({ failed: all.responses[4]!, saved: all.savedByRetry });
  }

  /** Judges the pool's health if it is time; `isNews`: a verdict on a backend has changed. Returns whether to report it at once. */
  judge(pool: JudgedPool, isNews: boolean, now: number): boolean {
    if (!isNews && now - this.#judgedAt < JUDGE_MS) return false;
    this.#judgedAt = now;
    const { backends } = pool.config;
    const { mode, indices } = pool.findEligible();
    const standings = backends.map((backend, i) => {
      const own = standing(backend, pool.verdictOf(i));
      return own === 'available' && !indices.includes(i) ? ('standby' as const) : own;
    });
    this.#out = backends.flatMap(({ id }, i) =>
      OUT.has(standings[i]!) ? [{ id, standing: standings[i]! }] : [],
    );
    const { lately, minute, latencies } = this.recent(now);
    const inOrder = backends.map(({ id }) => latencies[id] ?? {});
    this.#verdict = poolHealth({ backends, standings, mode, latencies: inOrder, lately, minute });
    return this.health.judge(this.#verdict, minute, now);
  }

  /** When the pool was last judged (epoch ms). */
  get judgedAt(): number {
    return this.#judgedAt;
  }

  /** What alerts are about, as it was last judged. */
  facts(now: number): PoolFacts {
    const { state, since } = this.health;
    return { state, since, why: this.#verdict.why, minute: this.#requests.minute(now), out: this.#out };
  }

  /** What the health is judged by: the sums of shards are judged in the same way. */
  recent(now: number): ShardRecent {
    const latencies: Record<string, Record<number, number>> = {};
    for (const { figures } of this.steps.since(now - WINDOW_MS))
      for (const [scope, { latency }] of figures) {
        if (!scope.startsWith('backend ')) continue;
        const id = scope.slice('backend '.length);
        const sum = latencies[id] ?? {};
        latencies[id] = sum;
        for (const bucket in latency) sum[bucket] = (sum[bucket] ?? 0) + latency[bucket]!;
      }
    const { state, since } = this.health;
    return {
      lately: this.#requests.lately(now),
      minute: this.#requests.minute(now),
      latencies,
      health: { state, since },
    };
  }

  /** Writes the minutes that are over. Returns what is to be stored with the state. */
  save(now: number): StoredMemory {
    const minute = now - (now % MINUTE);
    const unsaved = this.steps.since(this.#savedUntil);
    for (const { at, steps } of byMinute(unsaved)) if (at < minute) this.#rollups.save(at, steps);
    this.#savedUntil = Math.max(this.#savedUntil, minute);
    this.steps.forget(now - WINDOW_MS - MINUTE);
    const unfinished = unsaved.filter(({ at }) => at >= minute);
    const isLong = unfinished.reduce((sum, { figures }) => sum + figures.size, 0) > UNFINISHED_FIGURES;
    if (isLong && now - this.#unfinishedAt >= UNFINISHED_MS) {
      this.#unfinishedAt = now;
      this.#rollups.save(minute, unfinished);
    }
    return {
      received: this.received.dump(),
      health: this.health.dump(),
      unfinished: isLong ? null : unfinished.map(storeStep),
    };
  }

  /** This shard's part of a series. */
  series(filter: ScopeFilter, { from, to, stepMs }: Range): ShardSeries {
    const level = LEVELS.findLastIndex((one) => stepMs % one.stepMs === 0);
    const stored = this.#rollups.steps(Math.max(0, level), from, Math.min(to, this.#savedUntil));
    const unsaved = this.steps.since(Math.max(from, this.#savedUntil)).filter(({ at }) => at < to);
    return selectSeries(rollUp([...stored, ...unsaved], stepMs), filter);
  }

  /** Whether the Directory is to hear of what has come of an incident. What waits for that has no timer: the alarm sees to it. */
  isReportDue(now: number): boolean {
    return this.health.unsent.length > 0 && now - this.#reportedAt >= REPORT_MS;
  }

  /** Reports to the Directory what it does not know of the incidents. Never throws. Returns whether it has reported something. */
  async report(env: Env): Promise<boolean> {
    const parts: readonly IncidentPart[] = this.health.unsent;
    if (parts.length === 0) return false;
    this.#reportedAt = Date.now();
    try {
      await directoryObject(env).noteIncidents(parts);
      this.health.sent(parts);
      return true;
    } catch {
      // The Directory is away: it hears of them with the next report.
      return false;
    }
  }

  /** When time alone makes something to do; null: nothing does. */
  get nextAt(): number | null {
    const { judgeAt, unsent } = this.health;
    const reportAt = unsent.length > 0 ? this.#reportedAt + REPORT_MS : null;
    if (judgeAt === null || reportAt === null) return judgeAt ?? reportAt;
    return Math.min(judgeAt, reportAt);
  }
}

function byMinute(steps: readonly Step[]): { at: number; steps: Step[] }[] {
  const minutes = new Map<number, Step[]>();
  for (const step of steps) {
    const at = step.at - (step.at % MINUTE);
    const own = minutes.get(at);
    if (own) own.push(step);
    else minutes.set(at, [step]);
  }
  return [...minutes].map(([at, own]) => ({ at, steps: own }));
}
