/** The SQL of a Pool object. Tables: `meta` (config, state: one JSON row each), `mappings` (one row per batch). */
import type { Position } from '../balance/round-robin.ts';
import type { Mapping, PoolPush } from './protocol.ts';
import type { Tally } from './tally.ts';

/** Mappings kept per shard. */
export const RING_SIZE = 1_000;

/** The row that is written behind; `backends` in the order of the configuration. */
export interface StoredState {
  readonly position: Position;
  readonly taken: number;
  readonly backends: readonly Tally[];
  readonly reporters: readonly (readonly [string, number, number])[];
  readonly dropped: number;
}

export class PoolStore {
  readonly #sql: SqlStorage;
  /** Rows written since the object started; the benchmark reads it. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    sql.exec(
      'CREATE TABLE IF NOT EXISTS mappings (batch INTEGER PRIMARY KEY, rows INTEGER NOT NULL, json TEXT NOT NULL)',
    );
  }

  config(): PoolPush | null {
    return this.#read('config') as PoolPush | null;
  }

  state(): StoredState | null {
    return this.#read('state') as StoredState | null;
  }

  saveConfig(push: PoolPush): void {
    this.#write('config', push);
  }

  /** One row of state, one row of mappings, old batches dropped: call it inside one synchronous turn. */
  saveState(state: StoredState, mappings: readonly Mapping[]): void {
    this.#write('state', state);
    if (mappings.length === 0) return;
    this.#exec('INSERT INTO mappings (rows, json) VALUES (?, ?)', mappings.length, JSON.stringify(mappings));
    let kept = 0;
    for (const { batch, rows } of this.#sql.exec<{ batch: number; rows: number }>(
      'SELECT batch, rows FROM mappings ORDER BY batch DESC',
    )) {
      if (kept >= RING_SIZE) {
        this.#exec('DELETE FROM mappings WHERE batch <= ?', batch);
        break;
      }
      kept += rows;
    }
  }

  /** Oldest first, at most `RING_SIZE`. */
  mappings(): Mapping[] {
    const rows = this.#sql.exec<{ json: string }>('SELECT json FROM mappings ORDER BY batch').toArray();
    return rows.flatMap(({ json }) => JSON.parse(json) as Mapping[]).slice(-RING_SIZE);
  }

  clear(): void {
    this.#exec('DELETE FROM meta');
    this.#exec('DELETE FROM mappings');
  }

  #read(key: string): unknown {
    const row = this.#sql.exec<{ value: string }>('SELECT value FROM meta WHERE key = ?', key).toArray()[0];
    return row ? JSON.parse(row.value) : null;
  }

  #write(key: string, value: unknown): void {
    this.#exec(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      key,
      JSON.stringify(value),
    );
  }

  #exec(query: string, ...bindings: SqlStorageValue[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}
