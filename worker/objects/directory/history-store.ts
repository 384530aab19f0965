/** The SQL of the history. Table: `events` (one JSON row each; `key` identifies an event that is reported twice). */
import { type ConfigEvent, eventKey, type HistoryEvent, type PoolEvent } from '../../protocol/events.ts';

/** Events kept; the oldest are deleted first. */
const EVENTS_KEPT = 1_000;

/** Every method is synchronous. */
export class HistoryStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE, json TEXT NOT NULL)',
    );
  }

  /** Adds events in their order, without those that are here already. Returns the new ones. */
  add(events: readonly (ConfigEvent | PoolEvent)[]): HistoryEvent[] {
    const added: HistoryEvent[] = [];
    for (const event of events) {
      const key = event.kind === 'config' ? `revision ${event.revision}` : eventKey(event);
      const row = this.#sql
        .exec<{ id: number }>(
          'INSERT INTO events (key, json) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id',
          key,
          JSON.stringify(event),
        )
        .toArray()[0];
      if (row) added.push({ id: row.id, ...event });
    }
    const newest = added.at(-1);
    if (newest) this.#sql.exec('DELETE FROM events WHERE id <= ?', newest.id - EVENTS_KEPT);
    return added;
  }

  /** The newest `limit` events, newest first. */
  newest(limit: number): HistoryEvent[] {
    return this.#sql
      .exec<{ id: number; json: string }>('SELECT id, json FROM events ORDER BY id DESC LIMIT ?', limit)
      .toArray()
      .map(({ id, json }) => ({ id, ...(JSON.parse(json) as ConfigEvent | PoolEvent) }));
  }
}
