/** The SQL of the history. Table: `events` (one JSON row each; `key` identifies an event that is reported twice). */
import { ALERT_KEY, eventKey, type HistoryEvent, type NewEvent } from '../../protocol/events.ts';

/** Events kept; the oldest are deleted first. */
export const EVENTS_KEPT = 1_000;
/** Of these, tries of alerts: a receiver that is down for a day must not displace the rest of the history. */
export const ALERT_EVENTS_KEPT = 300;

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
  add(events: readonly NewEvent[]): HistoryEvent[] {
    const added: HistoryEvent[] = [];
    for (const event of events) {
      const row = this.#sql
        .exec<{ id: number }>(
          'INSERT INTO events (key, json) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id',
          eventKey(event),
          JSON.stringify(event),
        )
        .toArray()[0];
      if (row) added.push({ id: row.id, ...event });
    }
    if (added.some((event) => 'alert' in event)) this.#deleteOldest(ALERT_EVENTS_KEPT, ALERT_KEY);
    if (added.length > 0) this.#deleteOldest(EVENTS_KEPT, '');
    return added;
  }

  /** Deletes all but the newest events whose key begins with `prefix`. */
  #deleteOldest(kept: number, prefix: string): void {
    this.#sql.exec(
      'DELETE FROM events WHERE key >= ? AND key < ? AND id <= (SELECT id FROM events WHERE key >= ? AND key < ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
      prefix,
      `${prefix}\uffff`,
      prefix,
      `${prefix}\uffff`,
      kept,
    );
  }

  /** The newest `limit` events, newest first. */
  newest(limit: number): HistoryEvent[] {
    return this.#sql
      .exec<{ id: number; json: string }>('SELECT id, json FROM events ORDER BY id DESC LIMIT ?', limit)
      .toArray()
      .map(({ id, json }) => ({ id, ...(JSON.parse(json) as NewEvent) }));
  }
}
