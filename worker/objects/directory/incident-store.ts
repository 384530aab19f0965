/** The SQL of incidents. Table: `incidents` (a row each, with what every shard saw of it as JSON). Times are epoch ms. */
import type { IncidentPart } from '../../protocol/messages.ts';
import { belongs, type IncidentParts, summarise, withPart } from '../../stats/incident.ts';

/** Incidents kept; the oldest are deleted first. */
export const INCIDENTS_KEPT = 500;

/** One incident as it is stored. */
export interface StoredIncident extends ReturnType<typeof summarise> {
  readonly id: number;
  readonly pool: string;
}

/** Every method is synchronous. */
export class IncidentStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS incidents (id INTEGER PRIMARY KEY AUTOINCREMENT, pool TEXT NOT NULL, json TEXT NOT NULL)',
    );
    sql.exec('CREATE INDEX IF NOT EXISTS incidents_by_pool ON incidents (pool, id)');
  }

  /** Adds what shards report: to the incident that it belongs to, or as a new one. */
  add(parts: readonly IncidentPart[]): void {
    for (const part of parts) this.#add(part);
  }

  #add(part: IncidentPart): void {
    const known = this.#rows('WHERE pool = ? ORDER BY id DESC LIMIT 5', part.pool).find((row) =>
      belongs(row.parts, part),
    );
    if (known) {
      const json = JSON.stringify(withPart(known.parts, part));
      this.#sql.exec('UPDATE incidents SET json = ? WHERE id = ?', json, known.id);
      return;
    }
    const json = JSON.stringify([part]);
    const { id } = this.#sql
      .exec<{ id: number }>('INSERT INTO incidents (pool, json) VALUES (?, ?) RETURNING id', part.pool, json)
      .one();
    this.#sql.exec('DELETE FROM incidents WHERE id <= ?', id - INCIDENTS_KEPT);
  }

  /** The newest incidents, newest first; of one pool, or of all (null). */
  newest(pool: string | null, limit: number): StoredIncident[] {
    const rows =
      pool === null
        ? this.#rows('ORDER BY id DESC LIMIT ?', limit)
        : this.#rows('WHERE pool = ? ORDER BY id DESC LIMIT ?', pool, limit);
    return rows.map(({ id, pool: name, parts }) => ({ id, pool: name, ...summarise(parts) }));
  }

  #rows(where: string, ...bindings: SqlStorageValue[]): { id: number; pool: string; parts: IncidentParts }[] {
    return this.#sql
      .exec<{ id: number; pool: string; json: string }>(
        `SELECT id, pool, json FROM incidents ${where}`,
        ...bindings,
      )
      .toArray()
      .map(({ id, pool, json }) => ({ id, pool, parts: JSON.parse(json) as IncidentParts }));
  }
}
