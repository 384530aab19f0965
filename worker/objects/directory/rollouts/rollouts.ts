/** Rollouts: each moves a route's traffic to another pool in steps, and puts everything back when that pool does badly. */
import type { Config, RouteConfig } from '../../../config/schema.ts';
import type { Condition } from '../../../protocol/conditions.ts';
import type { RolloutHistoryEvent } from '../../../protocol/events.ts';
import type {
  Rollout,
  RolloutAction,
  RolloutPlan,
  RolloutResult,
} from '../../../protocol/rollout-schemas.ts';
import {
  failureOf,
  type SeenCounts,
  type Share,
  seenOf,
  sharesBack,
  sharesOf,
  sumSeen,
} from '../../../stats/rollout.ts';
import { RolloutStore, type StoredRollout } from './store.ts';

/** Rollouts that run or pause at once. */
export const ROLLOUTS_OPEN = 20;
/** A step is looked at this often at most and at least, in ms; in between a fifth of its interval. */
const LOOK_MS = { min: 1_000, max: 5_000 } as const;
/** The actor of its revisions. */
export const ROLLOUT_ACTOR = 'rollout';

/** What rollouts need of the Directory. */
export interface RolloutHost {
  config(): Config;
  /** Replaces a route as a revision. Returns why that is refused; null when it is done. `before` runs before the commit. */
  putRoute(route: RouteConfig, what: string, before: () => void): Promise<string | null>;
  /** What clients of a route have received from a pool: sums that never decrease, and times since `since`. Null: not all shards answered. */
  counts(pool: string, route: string, since: number): Promise<SeenCounts | null>;
  note(events: readonly RolloutHistoryEvent[]): void;
  /** A rollout was aborted because of what clients received; null: the next one has begun. */
  alert(route: string, aborted: StoredRollout | null): void;
  reschedule(): void;
}

const NOTHING = { requests: 0, failedPercent: null, p95Ms: null } as const;

/** Why a rollout cannot go on now. */
const NO_FIGURES = 'a Pool object did not answer, and without its figures no step can be judged';

/** Stored in SQLite. Every time is epoch ms. */
export class Rollouts {
  readonly #store: RolloutStore;
  readonly #host: RolloutHost;
  /** The routes whose rollout is about to begin. */
  readonly #starting = new Set<string>();

  constructor(sql: SqlStorage, host: RolloutHost) {
    this.#store = new RolloutStore(sql);
    this.#host = host;
  }

  /** The last rollout of a route; null when there was none. */
  of(route: string): Rollout | null {
    const found = this.#store.of(route);
    return found && shownOf(found);
  }

  /** Begins a rollout with its first step. */
  async start(plan: RolloutPlan): Promise<RolloutResult> {
    const refused = this.#whyNot(plan);
    if (refused) return refused;
    const { split } = this.#routeOf(plan.route)!;
    const now = Date.now();
    const rollout: StoredRollout = {
      ...plan,
      state: 'running',
      step: 0,
      share: 0,
      since: now,
      nextAt: null,
      seen: {},
      why: '',
      startedAt: now,
      before: split!.pools,
      written: '',
      baseline: {},
      other: NOTHING,
      isJudged: false,
      lookAt: now,
    };
    this.#starting.add(plan.route);
    const detail = await this.#takeStep(rollout, 1).finally(() => this.#starting.delete(plan.route));
    if (detail !== null)
      return { ok: false, reason: 'conflict', detail: `The rollout did not begin: ${detail}.` };
    this.#host.alert(plan.route, null);
    return { ok: true, rollout: shownOf(this.#store.of(plan.route)!) };
  }

  #whyNot({ route: id, to }: RolloutPlan): Extract<RolloutResult, { ok: false }> | null {
    const conflict = (detail: string) => ({ ok: false, reason: 'conflict', detail }) as const;
    const route = this.#routeOf(id);
    if (!route) return { ok: false, reason: 'missing', detail: `There is no route ${id}.` };
    if (!route.split) return conflict(`Route ${id} has no split; give it one that names both pools.`);
    const pools = route.split.pools.map(({ pool }) => pool);
    if (!pools.includes(to))
      return conflict(`The split of route ${id} names ${pools.join(', ')}, but not ${to}.`);
    if (sharesOf(route.split.pools, to, 0) === null)
      return conflict(`Pool ${to} has all the traffic of route ${id} already.`);
    const open = this.#store.open();
    if (this.#starting.has(id) || open.some(({ route: other }) => other === id))
      return conflict(`Route ${id} has a rollout already.`);
    if (open.length + this.#starting.size >= ROLLOUTS_OPEN)
      return conflict(`There are ${ROLLOUTS_OPEN} rollouts already.`);
    return null;
  }

  /** Pauses a rollout, resumes it, or aborts it. */
  async act(route: string, action: RolloutAction, who: string): Promise<RolloutResult> {
    const found = this.#store.of(route);
    if (!found) return { ok: false, reason: 'missing', detail: `Route ${route} has no rollout.` };
    const conflict = (detail: string) => ({ ok: false, reason: 'conflict', detail }) as const;
    if (found.state === 'done' || found.state === 'aborted')
      return conflict(`The rollout of route ${route} is over: it is ${found.state}.`);
    switch (action) {
      case 'pause': {
        if (found.state === 'paused') return { ok: true, rollout: shownOf(found) };
        const paused = this.#put({
          ...found,
          state: 'paused',
          since: Date.now(),
          nextAt: null,
          why: `paused by ${who}`,
        });
        this.#note(paused, 'rollout-paused', who);
        return { ok: true, rollout: shownOf(paused) };
      }
      case 'resume': {
        if (found.state === 'running') return { ok: true, rollout: shownOf(found) };
        const baseline = await this.#readBaseline(found);
        if (baseline === null) return conflict(`It cannot be resumed: ${NO_FIGURES}.`);
        // Somebody else may have been faster.
        if (this.#store.of(route)?.state !== 'paused') return this.act(route, action, who);
        const resumed = this.#put({ ...begun(found, baseline), state: 'running', why: `resumed by ${who}` });
        this.#note(resumed, 'rollout-resumed', who);
        return { ok: true, rollout: shownOf(resumed) };
      }
      case 'abort':
        return { ok: true, rollout: shownOf(await this.#abort(found, `aborted by ${who}`, who)) };
    }
  }

  /** When `run` has something to do; null: nothing. */
  nextAt(): number | null {
    const times = this.#store.open().flatMap(({ state, lookAt }) => (state === 'running' ? [lookAt] : []));
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** Looks at the steps that are due. */
  async run(): Promise<void> {
    const now = Date.now();
    const due = this.#store.open().filter(({ state, lookAt }) => state === 'running' && lookAt <= now);
    await Promise.all(due.map((rollout) => this.#look(rollout)));
  }

  /** Ends the rollouts whose route somebody else has changed. Call it after each commit. */
  afterCommit(who: string): void {
    for (const rollout of this.#store.open()) {
      const route = this.#routeOf(rollout.route);
      if (route && JSON.stringify(route) === rollout.written) continue;
      const what = route ? 'changed the route' : 'deleted the route';
      this.#end(rollout, 'aborted', `${who} ${what}`, who);
    }
  }

  async #look(before: StoredRollout): Promise<void> {
    const counts = await this.#read(before);
    const now = Date.now();
    const rollout = this.#current(before);
    if (!rollout) return;
    if (counts === null) {
      this.#put({ ...rollout, lookAt: now + lookEvery(rollout), why: NO_FIGURES });
      return;
    }
    const { to, abortWhen, since, intervalMs, isJudged } = rollout;
    const seen = Object.fromEntries(Object.entries(counts).map(([pool, own]) => [pool, seenOf(own)]));
    const others = seenOf(
      sumSeen(Object.entries(counts).flatMap(([pool, own]) => (pool === to ? [] : [own]))),
    );
    const other = {
      requests: others.requests,
      failedPercent: others.failedPercent ?? rollout.other.failedPercent,
      p95Ms: others.p95Ms ?? rollout.other.p95Ms,
    };
    const next = seen[to] ?? NOTHING;
    const isOver = now >= since + intervalMs;
    const hasEnough = next.requests >= abortWhen.minRequests;
    const looked = { ...rollout, seen, other, lookAt: now + lookEvery(rollout) };
    const failure = hasEnough && (isOver || !isJudged) ? failureOf(next, other, abortWhen) : null;
    if (failure !== null) await this.#abort(looked, failure, null);
    else if (!isOver)
      this.#put({
        ...looked,
        isJudged: isJudged || hasEnough,
        lookAt: Math.min(looked.lookAt, since + intervalMs),
        why: hasEnough ? 'no worse than it may be so far' : enoughWords(next.requests, abortWhen.minRequests),
      });
    else if (!hasEnough)
      this.#put({ ...looked, nextAt: null, why: enoughWords(next.requests, abortWhen.minRequests) });
    else if (rollout.step < rollout.steps.length) {
      const refusal = await this.#takeStep(looked, rollout.step + 1);
      if (refusal === NO_FIGURES) this.#put({ ...looked, why: refusal });
      else if (refusal !== null) this.#end(looked, 'aborted', refusal, ROLLOUT_ACTOR);
    } else this.#end(looked, 'done', `pool ${to} has ${rollout.share} % and does well`, ROLLOUT_ACTOR);
  }

  /** Gives `to` the share of a step. Returns why that is not possible; null: it is done, or somebody else was faster. */
  async #takeStep(rollout: StoredRollout, step: number): Promise<string | null> {
    const baseline = await this.#readBaseline(rollout);
    if (step > 1 && !this.#current(rollout)) return null;
    if (baseline === null) return NO_FIGURES;
    const { steps, before, route, to, who } = rollout;
    const share = steps[step - 1]!;
    const stepped = { ...begun(rollout, baseline), step, share, why: '' };
    const what = `step ${step} of ${steps.length}: ${share} % of route ${route} to pool ${to}`;
    const refusal = await this.#write(stepped, sharesOf(before, to, share)!, what);
    if (refusal !== null) return refusal;
    if (step === 1) this.#note(stepped, 'rollout-started', who);
    else this.#note(stepped, 'rollout-step', ROLLOUT_ACTOR);
    return null;
  }

  /** What clients have received from each pool until now; null: not all shards answered. */
  async #readBaseline(rollout: StoredRollout): Promise<StoredRollout['baseline'] | null> {
    const sums = await this.#sums(rollout, Date.now());
    if (sums === null) return null;
    return Object.fromEntries(
      Object.entries(sums).map(([pool, { requests, failed }]) => [pool, { requests, failed }]),
    );
  }

  /** Puts all weight back. `who`: the operator who wants it so; null: what clients received. */
  async #abort(rollout: StoredRollout, why: string, who: string | null): Promise<StoredRollout> {
    const { route, to, before } = rollout;
    // It is over before the change: a rollout that ends must not be ended by its own last revision.
    const ended = this.#end(rollout, 'aborted', why, who ?? ROLLOUT_ACTOR);
    if (who === null) this.#host.alert(route, ended);
    const refusal = await this.#write(ended, sharesBack(before, to), `put route ${route} back: ${why}`);
    if (refusal !== null)
      console.error({ message: 'the change that ends a rollout was refused', route, refusal });
    return this.#put({ ...ended, share: refusal === null ? 0 : ended.share });
  }

  #end(rollout: StoredRollout, state: 'done' | 'aborted', why: string, who: string): StoredRollout {
    const ended = this.#put({ ...rollout, state, since: Date.now(), nextAt: null, why });
    this.#note(ended, state === 'done' ? 'rollout-done' : 'rollout-aborted', who);
    return ended;
  }

  /** Writes the shares as a revision, and the rollout in the same transaction. Returns why it is refused, or null. */
  async #write(rollout: StoredRollout, pools: Share[], what: string): Promise<string | null> {
    const route = this.#routeOf(rollout.route);
    if (!route?.split) return `route ${rollout.route} has no split any more`;
    const changed = { ...route, split: { ...route.split, pools } };
    return this.#host.putRoute(
      changed,
      what,
      () => void this.#put({ ...rollout, written: JSON.stringify(changed) }),
    );
  }

  /** What clients received from each pool since the step began; null: not all shards answered. */
  async #read(rollout: StoredRollout): Promise<Record<string, SeenCounts> | null> {
    const sums = await this.#sums(rollout, rollout.since);
    if (sums === null) return null;
    return Object.fromEntries(
      Object.entries(sums).map(([pool, { requests, failed, waited }]) => {
        const base = rollout.baseline[pool] ?? { requests: 0, failed: 0 };
        const since = { requests: requests - base.requests, failed: failed - base.failed };
        // A pool that was deleted and made again counts from zero.
        const isReset = since.requests < 0 || since.failed < 0;
        return [pool, { ...(isReset ? { requests, failed } : since), waited }];
      }),
    );
  }

  async #sums({ before, route }: StoredRollout, since: number): Promise<Record<string, SeenCounts> | null> {
    const pools = before.map(({ pool }) => pool);
    const counts = await Promise.all(pools.map((pool) => this.#host.counts(pool, route, since)));
    if (counts.some((one) => one === null)) return null;
    return Object.fromEntries(pools.map((pool, i) => [pool, counts[i]!]));
  }

  /** The rollout as it is now, if it is still in the step that was read. */
  #current({ route, startedAt, step, since }: StoredRollout): StoredRollout | null {
    const now = this.#store.of(route);
    const isSame = now?.startedAt === startedAt && now.step === step && now.since === since;
    return isSame && now.state === 'running' ? now : null;
  }

  #put(rollout: StoredRollout): StoredRollout {
    this.#store.put(rollout);
    this.#host.reschedule();
    return rollout;
  }

  #note(rollout: StoredRollout, kind: RolloutHistoryEvent['kind'], who: string): void {
    const { route, to, step, steps, share, why } = rollout;
    this.#host.note([
      {
        kind,
        at: Date.now(),
        route,
        to,
        step,
        steps: steps.length,
        share,
        who,
        why,
        pool: to,
        backend: null,
      },
    ]);
  }

  #routeOf(id: string): RouteConfig | undefined {
    return this.#host.config().routes.find((route) => route.id === id);
  }
}

/** The rollout at the begin of an interval: what comes from now on counts. */
function begun(rollout: StoredRollout, baseline: StoredRollout['baseline']): StoredRollout {
  const now = Date.now();
  return {
    ...rollout,
    since: now,
    nextAt: now + rollout.intervalMs,
    lookAt: now + Math.min(lookEvery(rollout), rollout.intervalMs),
    seen: {},
    isJudged: false,
    baseline,
  };
}

/** What an alert says where a rollout was aborted: who says so, and what. */
export const rolloutSource = (route: string): string => `rollout of ${route}`;
export function abortedCondition({ route, to, since, why, seen }: StoredRollout): Condition {
  const { requests = null, failedPercent = null, p95Ms = null } = seen[to] ?? {};
  return {
    event: 'rollout-aborted',
    pool: to,
    backend: null,
    route,
    since,
    cause: why,
    figures: { requests, failedPercent, p95Ms },
  };
}

const lookEvery = ({ intervalMs }: Rollout): number =>
  Math.min(Math.max(intervalMs / 5, LOOK_MS.min), LOOK_MS.max);

const enoughWords = (requests: number, min: number): string =>
  `waits for ${min} requests; ${requests} so far`;

/** What the API shows. */
function shownOf({
  before: _b,
  written: _w,
  baseline: _l,
  other: _o,
  isJudged: _j,
  lookAt: _a,
  ...shown
}: StoredRollout): Rollout {
  return shown;
}
