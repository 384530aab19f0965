/**
 * The SQL of alerts. Tables: `alert_conditions` (what is wrong, by the shard that says so), `alert_states` (per alert and
 * key: held until `fireAt`, firing, or lost), `alert_deliveries` (messages that wait, and the last ones that do not).
 * Times are epoch ms.
 */
import type { AlertMessage, Delivery, Trial } from '../../../protocol/alert-schemas.ts';
import type { Condition } from '../../../protocol/conditions.ts';

/** Conditions kept; further ones are ignored until some are over. */
export const CONDITIONS_KEPT = 5_000;
/** Messages that wait, of all alerts together; past it those that wait longest are dropped. */
export const MESSAGES_WAITING = 1_000;
/** Finished deliveries kept for each alert. */
export const DELIVERIES_KEPT = 50;

/** `held`: it has not lasted long enough; `lost`: its `firing` was given up, so nothing more is sent about it. */
export type Phase = 'held' | 'firing' | 'lost';

/** What one alert has made of one condition. */
export interface AlertState {
  readonly alert: string;
  readonly key: string;
  readonly phase: Phase;
  readonly fireAt: number;
  readonly condition: Condition;
}

/** A message that may be sent next, without the message. */
export interface Head {
  readonly id: number;
  readonly alert: string;
  readonly tries: number;
  readonly nextAt: number;
}

/** A message that waits. */
export interface Waiting extends Head {
  readonly message: AlertMessage;
}

type Row = Record<string, SqlStorageValue>;

/** Every method is synchronous. */
export class AlertStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS alert_conditions (key TEXT, source TEXT, json TEXT NOT NULL, PRIMARY KEY (key, source)) WITHOUT ROWID',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS alert_states (alert TEXT, key TEXT, phase TEXT NOT NULL, fireAt INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (alert, key)) WITHOUT ROWID',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS alert_deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, tries INTEGER NOT NULL, nextAt INTEGER, doneAt INTEGER, last TEXT)',
    );
    sql.exec(
      'CREATE INDEX IF NOT EXISTS alert_waiting ON alert_deliveries (alert, key, id) WHERE nextAt IS NOT NULL',
    );
  }

  /** The keys that a source says are wrong. */
  keysOf(source: string): string[] {
    return this.#sql
      .exec<{ key: string }>('SELECT key FROM alert_conditions WHERE source = ?', source)
      .toArray()
      .map(({ key }) => key);
  }

  /** The sources that say that something is wrong. */
  sources(): string[] {
    return this.#sql
      .exec<{ source: string }>('SELECT DISTINCT source FROM alert_conditions')
      .toArray()
      .map(({ source }) => source);
  }

  /** Adds or updates what a source says is wrong. Returns whether there was room. */
  putCondition(key: string, source: string, condition: Condition): boolean {
    const { count } = this.#sql
      .exec<{ count: number }>('SELECT COUNT(*) AS count FROM alert_conditions')
      .one();
    const isKnown =
      count < CONDITIONS_KEPT ||
      this.#sql.exec('SELECT 1 FROM alert_conditions WHERE key = ? AND source = ?', key, source).toArray()
        .length > 0;
    if (!isKnown) return false;
    this.#sql.exec(
      'INSERT INTO alert_conditions (key, source, json) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
      key,
      source,
      JSON.stringify(condition),
    );
    return true;
  }

  /** Deletes what a source no longer says. */
  deleteCondition(key: string, source: string): void {
    this.#sql.exec('DELETE FROM alert_conditions WHERE key = ? AND source = ?', key, source);
  }

  /** What is wrong, by key; where several sources say so, as the one says that saw it first. */
  conditions(): Map<string, Condition> {
    const found = new Map<string, Condition>();
    const rows = this.#sql
      .exec<{ key: string; json: string }>('SELECT key, json FROM alert_conditions')
      .toArray();
    for (const { key, json } of rows) {
      const condition = JSON.parse(json) as Condition;
      const known = found.get(key);
      if (!known || condition.since < known.since) found.set(key, condition);
    }
    return found;
  }

  /** What every alert has made of the conditions. */
  states(): AlertState[] {
    return this.#sql
      .exec<{ alert: string; key: string; phase: string; fireAt: number; json: string }>(
        'SELECT * FROM alert_states',
      )
      .toArray()
      .map(({ json, phase, ...row }) => ({
        ...row,
        phase: phase as Phase,
        condition: JSON.parse(json) as Condition,
      }));
  }

  /** Writes one state. */
  putState({ alert, key, phase, fireAt, condition }: AlertState): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO alert_states (alert, key, phase, fireAt, json) VALUES (?, ?, ?, ?, ?)',
      alert,
      key,
      phase,
      fireAt,
      JSON.stringify(condition),
    );
  }

  /** Deletes one state. */
  deleteState(alert: string, key: string): void {
    this.#sql.exec('DELETE FROM alert_states WHERE alert = ? AND key = ?', alert, key);
  }

  /** Adds a message that waits to be sent. */
  enqueue(alert: string, message: AlertMessage): void {
    this.#sql.exec(
      'INSERT INTO alert_deliveries (alert, key, json, tries, nextAt) VALUES (?, ?, ?, 0, ?)',
      alert,
      message.key,
      JSON.stringify(message),
      message.at,
    );
  }

  /** The messages past `MESSAGES_WAITING`, those that wait longest first. */
  overflow(): Waiting[] {
    const { count } = this.#sql
      .exec<{ count: number }>('SELECT COUNT(*) AS count FROM alert_deliveries WHERE nextAt IS NOT NULL')
      .one();
    if (count <= MESSAGES_WAITING) return [];
    return this.#waiting('WHERE nextAt IS NOT NULL ORDER BY id LIMIT ?', count - MESSAGES_WAITING);
  }

  /** The oldest message that waits of every alert and key: only these may be sent. Those tried least come first. */
  heads(): Head[] {
    return this.#sql
      .exec<Row & { id: number; alert: string; tries: number; nextAt: number }>(
        'SELECT id, alert, tries, nextAt FROM alert_deliveries WHERE id IN (SELECT MIN(id) FROM alert_deliveries WHERE nextAt IS NOT NULL GROUP BY alert, key) ORDER BY tries, nextAt, id',
      )
      .toArray();
  }

  /** A message that waits; null when it does not any more. */
  waiting(id: number): Waiting | null {
    return this.#waiting('WHERE nextAt IS NOT NULL AND id = ?', id)[0] ?? null;
  }

  #waiting(where: string, ...values: SqlStorageValue[]): Waiting[] {
    return this.#sql
      .exec<{ id: number; alert: string; tries: number; nextAt: number; json: string }>(
        `SELECT id, alert, tries, nextAt, json FROM alert_deliveries ${where}`,
        ...values,
      )
      .toArray()
      .map(({ json, ...row }) => ({ ...row, message: JSON.parse(json) as AlertMessage }));
  }

  /** Counts a try that begins, and when the next one comes unless this one succeeds. */
  begin(id: number, nextAt: number): void {
    this.#sql.exec('UPDATE alert_deliveries SET tries = tries + 1, nextAt = ? WHERE id = ?', nextAt, id);
  }

  /** Writes how a try ended and when the next one comes. */
  postpone(id: number, nextAt: number, trial: Trial): void {
    this.#sql.exec(
      'UPDATE alert_deliveries SET nextAt = ?, last = ? WHERE id = ? AND nextAt IS NOT NULL',
      nextAt,
      JSON.stringify(trial),
      id,
    );
  }

  /** Ends a delivery, and deletes the oldest ended ones of its alert. */
  finish(id: number, alert: string, doneAt: number, trial: Trial): void {
    this.#sql.exec(
      'UPDATE alert_deliveries SET nextAt = NULL, doneAt = ?, last = ? WHERE id = ?',
      doneAt,
      JSON.stringify(trial),
      id,
    );
    this.#sql.exec(
      'DELETE FROM alert_deliveries WHERE alert = ? AND nextAt IS NULL AND id NOT IN (SELECT id FROM alert_deliveries WHERE alert = ? AND nextAt IS NULL ORDER BY doneAt DESC, id DESC LIMIT ?)',
      alert,
      alert,
      DELIVERIES_KEPT,
    );
  }

  /** The first message after `id` of the same alert and key that waits; null when there is none. */
  nextOf({ id, alert, message: { key } }: Waiting): Waiting | null {
    return (
      this.#waiting(
        'WHERE nextAt IS NOT NULL AND alert = ? AND key = ? AND id > ? ORDER BY id LIMIT 1',
        alert,
        key,
        id,
      )[0] ?? null
    );
  }

  /** The alerts of which anything is stored. */
  alerts(): string[] {
    return this.#sql
      .exec<{ alert: string }>('SELECT alert FROM alert_states UNION SELECT alert FROM alert_deliveries')
      .toArray()
      .map(({ alert }) => alert);
  }

  /** Deletes all that is stored of an alert. */
  deleteAlert(alert: string): void {
    this.#sql.exec('DELETE FROM alert_states WHERE alert = ?', alert);
    this.#sql.exec('DELETE FROM alert_deliveries WHERE alert = ?', alert);
  }

  /** The last deliveries of an alert, newest first, and how many messages wait. */
  deliveries(alert: string): { waiting: number; deliveries: Delivery[] } {
    const { waiting } = this.#sql
      .exec<{ waiting: number }>(
        'SELECT COUNT(*) AS waiting FROM alert_deliveries WHERE alert = ? AND nextAt IS NOT NULL',
        alert,
      )
      .one();
    const rows = this.#sql
      .exec<
        Row & {
          json: string;
          tries: number;
          nextAt: number | null;
          doneAt: number | null;
          last: string | null;
        }
      >(
        'SELECT json, tries, nextAt, doneAt, last FROM alert_deliveries WHERE alert = ? ORDER BY id DESC LIMIT ?',
        alert,
        DELIVERIES_KEPT,
      )
      .toArray();
    return {
      waiting,
      deliveries: rows.map(({ json, tries, nextAt, doneAt, last }) => {
        const { id, key, state, at } = JSON.parse(json) as AlertMessage;
        return {
          id,
          key,
          state,
          at,
          tries,
          nextAt,
          doneAt,
          last: last === null ? null : (JSON.parse(last) as Trial),
        };
      }),
    };
  }
}
