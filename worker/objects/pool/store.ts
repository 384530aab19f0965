/**
 * The SQL of a Pool object. Tables: `meta` (config, state and health checks as JSON, a row each, or several when one is long),
 * `mappings` and `notable` (a row per write, or several when it is long; each line of a row is a JSON array).
 */
import type { Position } from '../../balance/round-robin.ts';
import { CHUNK_LENGTH, chunkText } from '../../lib/chunks.ts';
import type { PoolEvent } from '../../protocol/events.ts';
import type { Mapping, MappingBatch, PoolPush, Totals } from '../../protocol/messages.ts';
import type { ReportDedup } from './calls/report-dedup.ts';
import type { StoredChecks } from './health/check-records.ts';
import type { StoredMemory } from './memory/memory.ts';
import type { Tally } from './tally.ts';

/** A shard's rings of mappings: their tables, and how many each keeps. `notable`: of requests that failed or were retried. */
export const RINGS = { mappings: 1_000, notable: 2_000 } as const;
/** One of them. */
export type Ring = keyof typeof RINGS;

/** The state that is written behind the replies; `backends` are in the order of the configuration. */
export interface StoredState {
  readonly position: Position;
  readonly taken: number;
  readonly backends: readonly Tally[];
  readonly reporters: Parameters<ReportDedup['load']>[0];
  /** Left out by an older version. */
  readonly mirrored?: number;
  readonly dropped: number;
  readonly totals?: readonly (readonly [string, Totals])[];
  /** Events that the Directory does not have yet. */
  readonly events?: readonly PoolEvent[];
  readonly memory?: StoredMemory;
}

/** Reads and writes one Pool object's storage; every method is synchronous. */
export class PoolStore {
  readonly #sql: SqlStorage;
  /** Rows in use, by key. */
  readonly #rowsOf = new Map<string, number>();
  /** Rows written since the object started, a part of its cost. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    for (const ring in RINGS)
      sql.exec(
        `CREATE TABLE IF NOT EXISTS ${ring} (batch INTEGER PRIMARY KEY, rows INTEGER NOT NULL, json TEXT NOT NULL)`,
      );
  }

  /** The stored configuration, or null. */
  config(): PoolPush | null {
    return this.#read('config') as PoolPush | null;
  }

  /** The stored state, or null. */
  state(): StoredState | null {
    return this.#read('state') as StoredState | null;
  }

  /** The stored health checks, or null. */
  checks(): StoredChecks[] | null {
    return this.#read('checks') as StoredChecks[] | null;
  }

  /** Stores the health checks. */
  saveChecks(checks: readonly StoredChecks[]): void {
    this.#write('checks', checks);
  }

  /** Stores a configuration. */
  saveConfig(push: PoolPush): void {
    this.#write('config', push);
  }

  /** Stores the state. */
  saveState(state: StoredState): void {
    this.#write('state', state);
  }

  /** Stores new mappings of a ring, and deletes old ones. */
  saveMappings(ring: Ring, batches: readonly MappingBatch[]): void {
    if (batches.length === 0) return;
    for (const { count, json } of packRows(batches))
      this.#exec(`INSERT INTO ${ring} (rows, json) VALUES (?, ?)`, count, json);
    let kept = 0;
    for (const { batch, rows } of this.#sql.exec<{ batch: number; rows: number }>(
      `SELECT batch, rows FROM ${ring} ORDER BY batch DESC`,
    )) {
      if (kept >= RINGS[ring]) {
        this.#exec(`DELETE FROM ${ring} WHERE batch <= ?`, batch);
        break;
      }
      kept += rows;
    }
  }

  /** The stored mappings of a ring, oldest first: as many as it keeps, and at most a batch more. */
  batches(ring: Ring): MappingBatch[] {
    const query = `SELECT rows AS count, json FROM ${ring} ORDER BY batch`;
    return this.#sql.exec<{ count: number; json: string }>(query).toArray();
  }

  /** Deletes everything. */
  clear(): void {
    this.#exec('DELETE FROM meta');
    this.#rowsOf.clear();
    for (const ring in RINGS) this.#exec(`DELETE FROM ${ring}`);
  }

  /** The chunks of a long value are stored under `state`, `state#1`, `state#2` and so on. */
  #read(key: string): unknown {
    const chunks: string[] = [];
    for (
      let chunk = this.#readChunk(key, 0);
      chunk !== undefined;
      chunk = this.#readChunk(key, chunks.length)
    )
      chunks.push(chunk);
    this.#rowsOf.set(key, chunks.length);
    return chunks.length > 0 ? JSON.parse(chunks.join('')) : null;
  }

  #readChunk(key: string, index: number): string | undefined {
    const query = 'SELECT value FROM meta WHERE key = ?';
    return this.#sql.exec<{ value: string }>(query, keyOf(key, index)).toArray()[0]?.value;
  }

  #write(key: string, value: unknown): void {
    const chunks = chunkText(JSON.stringify(value));
    for (const [i, chunk] of chunks.entries())
      this.#exec(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
        keyOf(key, i),
        chunk,
      );
    for (let i = chunks.length; i < (this.#rowsOf.get(key) ?? 0); i++)
      this.#exec('DELETE FROM meta WHERE key = ?', keyOf(key, i));
    this.#rowsOf.set(key, chunks.length);
  }

  #exec(query: string, ...bindings: SqlStorageValue[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}

const keyOf = (key: string, chunk: number): string => (chunk === 0 ? key : `${key}#${chunk}`);

/** Joins batches into as few rows as can hold them, and splits a batch that is too long for one row. */
export function packRows(batches: readonly MappingBatch[]): MappingBatch[] {
  const rows: { count: number; json: string }[] = [];
  for (const batch of batches.flatMap(splitBatch)) {
    const last = rows.at(-1);
    if (last && last.json.length + batch.json.length < CHUNK_LENGTH) {
      last.count += batch.count;
      last.json += `\n${batch.json}`;
    } else rows.push({ ...batch });
  }
  return rows;
}

function splitBatch(batch: MappingBatch): MappingBatch[] {
  if (batch.json.length <= CHUNK_LENGTH || batch.count <= 1) return [batch];
  const mappings = readBatches([batch]);
  const half = mappings.length >> 1;
  return [mappings.slice(0, half), mappings.slice(half)].flatMap((part) =>
    splitBatch({ count: part.length, json: JSON.stringify(part) }),
  );
}

/** Parses the mappings of stored batches, oldest first. */
export function readBatches(batches: readonly MappingBatch[]): Mapping[] {
  return batches.flatMap(({ json }) => json.split('\n').flatMap((line) => JSON.parse(line) as Mapping[]));
}
