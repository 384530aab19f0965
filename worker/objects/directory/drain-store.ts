/** The SQL of drains. Table: `drains` (a draining backend: since when, and when it is disabled). Times are epoch ms. */
import type { Config } from '../../config/schema.ts';
import type { Drain } from '../../stats/drain.ts';

/** Every method is synchronous. */
export class DrainStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS drains (pool TEXT, backend TEXT, since INTEGER NOT NULL, disableAt INTEGER, PRIMARY KEY (pool, backend)) WITHOUT ROWID',
    );
  }

  /** Every draining backend. */
  all(): Drain[] {
    return this.#sql
      .exec<Drain & Record<string, SqlStorageValue>>('SELECT pool, backend, since, disableAt FROM drains')
      .toArray();
  }

  /** Adapts to a new configuration: adds backends that began to drain, deletes those that no longer do with their deadline. */
  sync(config: Config, now: number): void {
    const left = new Map(this.all().map((drain) => [`${drain.pool}/${drain.backend}`, drain]));
    for (const { id: pool, backends } of config.pools)
      for (const { id: backend, state } of backends) {
        if (state !== 'draining' || left.delete(`${pool}/${backend}`)) continue;
        this.#sql.exec('INSERT INTO drains (pool, backend, since) VALUES (?, ?, ?)', pool, backend, now);
      }
    for (const { pool, backend } of left.values())
      this.#sql.exec('DELETE FROM drains WHERE pool = ? AND backend = ?', pool, backend);
  }

  /** Sets the deadline of a draining backend, or removes it (null). */
  setDeadline(pool: string, backend: string, disableAt: number | null): void {
    this.#sql.exec(
      'UPDATE drains SET disableAt = ? WHERE pool = ? AND backend = ?',
      disableAt,
      pool,
      backend,
    );
  }

  /** The earliest deadline, or null. */
  nextDeadline(): number | null {
    return this.#sql.exec<{ at: number | null }>('SELECT min(disableAt) AS at FROM drains').one().at;
  }
}
