/** The SQL of a pool's past. Table: `rollups` (a row, or several when it is long, for each row of a level). */
import { chunkText } from '../../../lib/chunks.ts';
import { LEVELS, readStep, rollUp, type Step, type StoredStep, storeStep } from '../../../stats/rollup.ts';

/** Reads and writes steps by level; every method is synchronous. Every time is epoch ms. */
export class RollupStore {
  readonly #sql: SqlStorage;
  /** Rows written since the object started, a part of its cost. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS rollups (level INTEGER, slot INTEGER, chunk INTEGER, at INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (level, slot, chunk)) WITHOUT ROWID',
    );
  }

  /** Writes the steps of a row of the lowest level, which begins at `at`; first what it completes of the levels above. */
  save(at: number, steps: readonly Step[]): void {
    for (let level = 1; level < LEVELS.length; level++) this.#complete(level, at);
    this.#write(0, at, steps);
  }

  /** The steps of a level that are stored, oldest first, made of lower levels where its own row is not written yet. */
  steps(level: number, from: number, to: number): Step[] {
    const { rowMs, stepMs } = LEVELS[level]!;
    const own = this.#read(level, from, to);
    if (level === 0) return own;
    const newest = this.#newest(level);
    const lower = this.steps(level - 1, newest === null ? from : Math.max(from, newest + rowMs), to);
    return [...own, ...rollUp(lower, stepMs)];
  }

  /** Deletes everything. */
  clear(): void {
    this.#exec('DELETE FROM rollups');
  }

  /** Writes the last row of a level if `at` is past it. */
  #complete(level: number, at: number): void {
    const { rowMs, stepMs } = LEVELS[level]!;
    const below = this.#newest(level - 1);
    if (below === null) return;
    const begin = below - (below % rowMs);
    if (at < begin + rowMs || begin <= (this.#newest(level) ?? -1)) return;
    this.#write(level, begin, rollUp(this.#read(level - 1, begin, begin + rowMs), stepMs));
  }

  #newest(level: number): number | null {
    const query = 'SELECT max(at) AS at FROM rollups WHERE level = ?';
    return this.#sql.exec<{ at: number | null }>(query, level).one().at;
  }

  #read(level: number, from: number, to: number): Step[] {
    const { rowMs } = LEVELS[level]!;
    const query = 'SELECT at, json FROM rollups WHERE level = ? AND at > ? AND at < ? ORDER BY at, chunk';
    const rows = new Map<number, string>();
    for (const { at, json } of this.#sql.exec<{ at: number; json: string }>(query, level, from - rowMs, to))
      rows.set(at, (rows.get(at) ?? '') + json);
    return [...rows.values()]
      .flatMap((json) => (JSON.parse(json) as StoredStep[]).map(readStep))
      .filter((step) => step.at + LEVELS[level]!.stepMs > from && step.at < to);
  }

  /** The row takes the place of the oldest one of its level. */
  #write(level: number, at: number, steps: readonly Step[]): void {
    const { rowMs, rows } = LEVELS[level]!;
    const slot = (at / rowMs) % rows;
    const chunks = chunkText(JSON.stringify(steps.map(storeStep)));
    for (const [chunk, text] of chunks.entries())
      this.#exec(
        'INSERT INTO rollups (level, slot, chunk, at, json) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, json = excluded.json',
        level,
        slot,
        chunk,
        at,
        text,
      );
    this.#exec(
      'DELETE FROM rollups WHERE level = ? AND slot = ? AND (at <> ? OR chunk >= ?)',
      level,
      slot,
      at,
      chunks.length,
    );
  }

  #exec(query: string, ...bindings: SqlStorageValue[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}
