/**
 * The SQL of a Pool object. Tables: `meta` (config, state: one JSON row each, or more when it is long), `mappings` (a row
 * a flush, or more when it is long: a JSON array on each line).
 */
import type { Position } from '../../balance/round-robin.ts';
import { CHUNK_LENGTH, chunkText } from '../../lib/chunks.ts';
import type { PoolEvent } from '../../protocol/events.ts';
import type { Mapping, MappingBatch, PoolPush, Totals } from '../../protocol/messages.ts';
import type { ReportDedup } from './report-dedup.ts';
import type { Tally } from './tally.ts';

/** Mappings kept per shard. */
export const RING_SIZE = 1_000;

/** The row that is written behind; `backends` in the order of the configuration. */
export interface StoredState {
  readonly position: Position;
  readonly taken: number;
  readonly backends: readonly Tally[];
  readonly reporters: Parameters<ReportDedup['load']>[0];
  readonly dropped: number;
  readonly totals?: readonly (readonly [string, Totals])[];
  /** Not delivered to the Directory yet. */
  readonly events?: readonly PoolEvent[];
}

export class PoolStore {
  readonly #sql: SqlStorage;
  /** Rows of each key. */
  readonly #pieces = new Map<string, number>();
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

  /** One row of state, one row of mappings or more, old batches dropped: call it inside one synchronous turn. */
  saveState(state: StoredState, batches: readonly MappingBatch[]): void {
    this.#write('state', state);
    if (batches.length === 0) return;
    for (const { count, json } of inRows(batches))
      this.#exec('INSERT INTO mappings (rows, json) VALUES (?, ?)', count, json);
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

  /** Oldest first; at most a batch more than `RING_SIZE`. */
  batches(): MappingBatch[] {
    const query = 'SELECT rows AS count, json FROM mappings ORDER BY batch';
    return this.#sql.exec<{ count: number; json: string }>(query).toArray();
  }

  clear(): void {
    this.#exec('DELETE FROM meta');
    this.#pieces.clear();
    this.#exec('DELETE FROM mappings');
  }

  /** The pieces of a long value stand under `state`, `state#1`, `state#2` … */
  #read(key: string): unknown {
    const pieces: string[] = [];
    for (let piece = this.#piece(key, 0); piece !== undefined; piece = this.#piece(key, pieces.length))
      pieces.push(piece);
    this.#pieces.set(key, pieces.length);
    return pieces.length > 0 ? JSON.parse(pieces.join('')) : null;
  }

  #piece(key: string, index: number): string | undefined {
    const query = 'SELECT value FROM meta WHERE key = ?';
    return this.#sql.exec<{ value: string }>(query, keyOf(key, index)).toArray()[0]?.value;
  }

  #write(key: string, value: unknown): void {
    const pieces = chunkText(JSON.stringify(value));
    for (const [i, piece] of pieces.entries())
      this.#exec(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
        keyOf(key, i),
        piece,
      );
    for (let i = pieces.length; i < (this.#pieces.get(key) ?? 0); i++)
      this.#exec('DELETE FROM meta WHERE key = ?', keyOf(key, i));
    this.#pieces.set(key, pieces.length);
  }

  #exec(query: string, ...bindings: SqlStorageValue[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}

const keyOf = (key: string, piece: number): string => (piece === 0 ? key : `${key}#${piece}`);

/** Batches put together into as few rows as hold them; one that is too long by itself is taken apart. */
export function inRows(batches: readonly MappingBatch[]): MappingBatch[] {
  const rows: { count: number; json: string }[] = [];
  for (const batch of batches.flatMap(inParts)) {
    const last = rows.at(-1);
    if (last && last.json.length + batch.json.length < CHUNK_LENGTH) {
      last.count += batch.count;
      last.json += `\n${batch.json}`;
    } else rows.push({ ...batch });
  }
  return rows;
}

function inParts(batch: MappingBatch): MappingBatch[] {
  if (batch.json.length <= CHUNK_LENGTH || batch.count <= 1) return [batch];
  const mappings = readBatches([batch]);
  const half = mappings.length >> 1;
  return [mappings.slice(0, half), mappings.slice(half)].flatMap((part) =>
    inParts({ count: part.length, json: JSON.stringify(part) }),
  );
}

/** The mappings of stored batches, oldest first. */
export function readBatches(batches: readonly MappingBatch[]): Mapping[] {
  return batches.flatMap(({ json }) => json.split('\n').flatMap((line) => JSON.parse(line) as Mapping[]));
}
