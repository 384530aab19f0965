/**
 * The SQL of signing in and out, in the Directory. Tables: `logins` (one-time codes, hashed), `attempts` (recent sign-ins
 * by hashed address; ids are in the order in which the windows began), `ended` (sessions signed out before they expired),
 * `generation` (one row: sessions of an earlier generation have ended). Times are epoch ms.
 */
import type { Session } from '../../protocol/messages.ts';

/** How long a one-time code is valid. */
const LOGIN_TTL_MS = 10 * 60_000;
/** One-time codes not used yet; the oldest are deleted first. */
const LOGINS_KEPT = 100;
/** Sign-ins that one address may attempt within the window; a successful one resets its count. */
export const ATTEMPTS = 10;
export const ATTEMPTS_WINDOW_MS = 60_000;
/** Addresses kept; those whose window began first are deleted first. */
export const ADDRESSES_KEPT = 10_000;
/** Sessions signed out that are kept one by one; one more ends every session, which needs no rows. */
export const ENDED_KEPT = 1_000;

/** Every method is synchronous. */
export class SignInStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS logins (hash TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS attempts (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE, count INTEGER NOT NULL, until INTEGER NOT NULL)',
    );
    sql.exec('CREATE TABLE IF NOT EXISTS ended (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID');
    sql.exec(
      'CREATE TABLE IF NOT EXISTS generation (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL)',
    );
    sql.exec('INSERT INTO generation (one, number) VALUES (1, 1) ON CONFLICT DO NOTHING');
  }

  /** Adds a one-time login by the hash of its code. */
  addLogin(hash: string, now: number): void {
    this.#sql.exec('DELETE FROM logins WHERE until < ?', now);
    this.#sql.exec(
      'INSERT INTO logins (hash, until) VALUES (?, ?) ON CONFLICT DO NOTHING',
      hash,
      now + LOGIN_TTL_MS,
    );
    this.#sql.exec(
      'DELETE FROM logins WHERE hash NOT IN (SELECT hash FROM logins ORDER BY until DESC LIMIT ?)',
      LOGINS_KEPT,
    );
  }

  /** Uses a one-time login. Returns whether it was valid. */
  takeLogin(hash: string, now: number): boolean {
    return (
      this.#sql.exec('DELETE FROM logins WHERE hash = ? AND until >= ? RETURNING hash', hash, now).toArray()
        .length > 0
    );
  }

  /** Counts a sign-in before it is checked. Returns 0 when it may be checked, else the ms to wait. */
  countAttempt(address: string, now: number): number {
    this.#deleteExpired(now);
    const [known] = this.#sql
      .exec<{ count: number; until: number }>('SELECT count, until FROM attempts WHERE address = ?', address)
      .toArray();
    if (known && known.until > now) {
      if (known.count >= ATTEMPTS) return known.until - now;
      this.#sql.exec('UPDATE attempts SET count = count + 1 WHERE address = ?', address);
      return 0;
    }
    const { id } = this.#sql
      .exec<{ id: number }>(
        'INSERT OR REPLACE INTO attempts (address, count, until) VALUES (?, 1, ?) RETURNING id',
        address,
        now + ATTEMPTS_WINDOW_MS,
      )
      .one();
    this.#sql.exec('DELETE FROM attempts WHERE id <= ?', id - ADDRESSES_KEPT);
    return 0;
  }

  /** Records a successful sign-in, which resets the count of its address. Returns the generation of its session. */
  recordSignIn(address: string): number {
    this.#sql.exec('DELETE FROM attempts WHERE address = ?', address);
    return this.#generation();
  }

  /** Ends one session before it expires. */
  end(session: Session, now: number): void {
    this.#sql.exec('DELETE FROM ended WHERE until < ?', now);
    const { count } = this.#sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM ended').one();
    if (count >= ENDED_KEPT) this.endAll();
    else
      this.#sql.exec(
        'INSERT INTO ended (id, until) VALUES (?, ?) ON CONFLICT DO NOTHING',
        session.id,
        session.until,
      );
  }

  /** Ends every session. */
  endAll(): void {
    this.#sql.exec('UPDATE generation SET number = number + 1');
    this.#sql.exec('DELETE FROM ended');
  }

  /** Whether a session was ended before it expired. */
  isEnded({ id, generation }: Session): boolean {
    return (
      generation !== this.#generation() ||
      this.#sql.exec('SELECT 1 FROM ended WHERE id = ?', id).toArray().length > 0
    );
  }

  #generation(): number {
    return this.#sql.exec<{ number: number }>('SELECT number FROM generation').one().number;
  }

  /** Deletes a few expired attempts at a time, so that every attempt costs the same. */
  #deleteExpired(now: number): void {
    this.#sql.exec(
      'DELETE FROM attempts WHERE id IN (SELECT id FROM attempts ORDER BY id LIMIT 10) AND until <= ?',
      now,
    );
  }
}
