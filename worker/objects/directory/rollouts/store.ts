/** The SQL of rollouts. Table: `rollouts` (the last rollout of each route as JSON; `done` once it has ended). */
import type { Rollout } from '../../../protocol/rollout-schemas.ts';
import type { Seen, Share } from '../../../stats/rollout.ts';

/** Ended rollouts kept; those that began first are deleted first. */
export const ENDED_KEPT = 100;

/** What clients had received from a pool when the step began. */
export interface Baseline {
  readonly requests: number;
  readonly failed: number;
}

/** A rollout with what it goes by. Times are epoch ms. */
export interface StoredRollout extends Rollout {
  /** The split before the first step. */
  readonly before: readonly Share[];
  /** The route as the last step wrote it: another one means that somebody has changed it. */
  readonly written: string;
  readonly baseline: Readonly<Record<string, Baseline>>;
  /** The last that is known of the other pools, from this step or one before. */
  readonly other: Seen;
  /** Whether the step was judged when there were enough requests. */
  readonly isJudged: boolean;
  /** When to look again. */
  readonly lookAt: number;
}

/** Every method is synchronous. */
export class RolloutStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS rollouts (route TEXT PRIMARY KEY, startedAt INTEGER NOT NULL, done INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID',
    );
  }

  /** The last rollout of a route; null when there was none. */
  of(route: string): StoredRollout | null {
    const [row] = this.#sql
      .exec<{ json: string }>('SELECT json FROM rollouts WHERE route = ?', route)
      .toArray();
    return row ? (JSON.parse(row.json) as StoredRollout) : null;
  }

  /** The rollouts that are running or paused. */
  open(): StoredRollout[] {
    return this.#sql
      .exec<{ json: string }>('SELECT json FROM rollouts WHERE done = 0')
      .toArray()
      .map(({ json }) => JSON.parse(json) as StoredRollout);
  }

  /** Writes a rollout in the place of the last one of its route. */
  put(rollout: StoredRollout): void {
    const done = rollout.state === 'done' || rollout.state === 'aborted';
    this.#sql.exec(
      'INSERT OR REPLACE INTO rollouts (route, startedAt, done, json) VALUES (?, ?, ?, ?)',
      rollout.route,
      rollout.startedAt,
      done ? 1 : 0,
      JSON.stringify(rollout),
    );
    if (done)
      this.#sql.exec(
        'DELETE FROM rollouts WHERE done = 1 AND route NOT IN (SELECT route FROM rollouts WHERE done = 1 ORDER BY startedAt DESC LIMIT ?)',
        ENDED_KEPT,
      );
  }
}
