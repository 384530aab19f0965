/** The health checks of a Pool object: runs them, keeps what they show, and adapts the pool's state to it. */

import { hash32 } from '../../../balance/hash.ts';
import { isCheckNeedless } from '../../../balance/health-check.ts';
import type { PoolConfig } from '../../../config/schema.ts';
import type { Env } from '../../../env.ts';
import type { ShardName } from '../../../protocol/messages.ts';
import type { BackendHealth, Check } from '../../../protocol/traffic-schemas.ts';
import type { Finding, PoolState } from '../state.ts';
import type { PoolStore } from '../store.ts';
import { WriteBehind } from '../write-behind.ts';
import { CheckRecords } from './check-records.ts';
import { CheckRunner } from './check-runner.ts';
import { sendCheck } from './send-check.ts';

/** The shard that checks for a whole pool; with one object for each region, for the clients of no known region. */
export const CHECKER = '0';

/** Whether this shard of a pool checks: with one object for each region all of them do, else the first one alone. */
const isChecker = ({ sharding }: Pick<PoolConfig, 'sharding'>, shard: string): boolean =>
  shard === CHECKER || (sharding === 'region' && !/^\d+$/.test(shard));

/** What the checks need of their object. */
export interface CheckedPool {
  readonly name: ShardName;
  readonly env: Env;
  readonly store: PoolStore;
  /** The state of the pool; null: there is no such pool. */
  state(): PoolState | null;
  /** Publishes what checks changed. */
  publish(found: readonly Finding[]): void;
}

const HASHES = 2 ** 32;

/** One pool's. */
export class HealthChecks {
  readonly #pool: CheckedPool;
  readonly #records: CheckRecords;
  readonly #runner: CheckRunner<Check>;
  readonly #behind: WriteBehind;
  /** The settings that the schedule was made for. */
  #scheduled = '';

  constructor(pool: CheckedPool) {
    this.#pool = pool;
    this.#records = new CheckRecords(pool.store.checks() ?? []);
    this.#runner = new CheckRunner({
      isNeedless: (id, now) => this.#isNeedless(id, now),
      check: (id) => this.#check(id),
    });
    this.#behind = new WriteBehind(() => pool.store.saveChecks(this.#records.dump()));
    this.configure(Date.now());
  }

  /** Adopts the pool's configuration: what is new is checked at once. `now` is epoch ms. */
  configure(now: number): void {
    const state = this.#pool.state();
    const check = state && isChecker(state.config, this.#pool.name.shard) ? state.config.healthCheck : null;
    const backends = check ? state!.config.backends : [];
    const isChanged = this.#scheduled !== '' && this.#scheduled !== JSON.stringify(check);
    this.#scheduled = JSON.stringify(check);
    this.#records.retain(backends);
    const lastAt = new Map(
      backends
        .filter((backend) => backend.state !== 'disabled')
        // Other settings may give another result: it is not waited for.
        .map(({ id }) => [id, isChanged ? null : this.#records.lastAt(id)] as const),
    );
    const phase = hash32(`${this.#pool.name.pool}/${this.#pool.name.shard}`) / HASHES;
    this.#runner.schedule({ intervalMs: check?.intervalMs ?? 1, phase }, lastAt, now);
    if (check)
      state!.setUnhealthy(
        backends.filter(({ id }) => this.#records.verdict(id).state === 'unhealthy').map(({ id }) => id),
        now,
      );
  }

  /** When the next check is due, epoch ms; null: there is nothing to check. */
  nextAt(): number | null {
    return this.#runner.nextAt();
  }

  /** Runs the checks that are due. Their results are stored with one write at the end, or once a second. */
  async run(): Promise<void> {
    await this.#runner.run();
    this.#behind.flushIfDirty();
  }

  /** Checks a backend now; null: the pool has no health checks, or no such backend. */
  async checkNow(id: string): Promise<Check | null> {
    if (!this.#backend(id)) return null;
    const check = await this.#runner.runNow(id);
    this.#behind.flushIfDirty();
    return check;
  }

  /** The last checks of a backend, newest first. */
  newest(id: string): Check[] {
    return this.#records.newest(id);
  }

  /** What checks say of a backend; undefined where this object does not check. */
  health(id: string): BackendHealth | undefined {
    return this.#backend(id) ? this.#records.health(id) : undefined;
  }

  /** Forgets everything: the pool was deleted. */
  forget(): void {
    this.#records.retain([]);
    this.#scheduled = '';
    this.#runner.schedule({ intervalMs: 1, phase: 0 }, new Map(), 0);
  }

  /** A backend of a pool that this object checks, with the pool's settings. */
  #backend(id: string) {
    const state = this.#pool.state();
    const check = state?.config.healthCheck;
    if (!state || !check || !isChecker(state.config, this.#pool.name.shard)) return null;
    const index = state.indexOf(id);
    return index < 0 ? null : { state, check, index, backend: state.config.backends[index]! };
  }

  #isNeedless(id: string, now: number): boolean {
    const found = this.#backend(id);
    if (!found) return true;
    const { check, state, index } = found;
    const { health } = state.tallies[index]!;
    return !check.always && isCheckNeedless(health, this.#records.verdict(id), check.intervalMs, now);
  }

  async #check(id: string): Promise<Check> {
    const { backend, check } = this.#backend(id)!;
    const result = await sendCheck(backend, check, this.#pool.env);
    // The configuration may have changed meanwhile.
    const now = this.#backend(id);
    const change =
      now && now.backend.url === backend.url ? this.#records.record(id, result, now.check) : null;
    if (!now || change === null) return result;
    const found = now.state.applyCheck(now.index, change, result);
    // A verdict is stored before anything is heard of it.
    if (found.length > 0) this.#behind.flush();
    else this.#behind.markDirty();
    this.#pool.publish(found);
    return result;
  }
}
