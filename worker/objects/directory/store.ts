/**
 * The SQL of the Directory's configuration. Tables: `revisions` (one row each), `documents` (a revision's JSON in chunks,
 * since a row holds at most 2 MB), `meta` (instance, routes revision, revision of each pool), `shards` (Pool objects that
 * exist).
 */
import type { Config } from '../../config/schema.ts';
import { completeConfig } from '../../config/stored.ts';
import { chunkText } from '../../lib/chunks.ts';
import type { Revision } from '../../protocol/config-schemas.ts';
import type { AutoShards } from '../../protocol/sharding.ts';

/** Revisions kept; the oldest are deleted first. */
const REVISIONS_KEPT = 100;

export type { Revision };

/** What each commit derives from the documents. */
export interface Meta {
  readonly instance: string;
  readonly routesRevision: number;
  readonly poolRevisions: Readonly<Record<string, number>>;
  /** By pool: the shards that `sharding: auto` has come to. */
  readonly autoShards?: Readonly<Record<string, AutoShards>>;
}

/** Every method is synchronous. */
export class DirectoryStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS revisions (revision INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, summary TEXT NOT NULL)',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS documents (revision INTEGER, piece INTEGER, json TEXT NOT NULL, PRIMARY KEY (revision, piece)) WITHOUT ROWID',
    );
    sql.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    sql.exec(
      'CREATE TABLE IF NOT EXISTS shards (pool TEXT, shard TEXT, PRIMARY KEY (pool, shard)) WITHOUT ROWID',
    );
  }

  /** The newest revision, or null when the Directory is empty. */
  newest(): Revision | null {
    return (
      this.#sql
        .exec<Revision & Record<string, SqlStorageValue>>(
          'SELECT * FROM revisions ORDER BY revision DESC LIMIT 1',
        )
        .toArray()[0] ?? null
    );
  }

  /** The revisions kept, newest first. */
  revisions(): Revision[] {
    return this.#sql
      .exec<Revision & Record<string, SqlStorageValue>>('SELECT * FROM revisions ORDER BY revision DESC')
      .toArray();
  }

  /** A revision's document, or null when it is not kept. */
  document(revision: number): Config | null {
    const rows = this.#sql
      .exec<{ json: string }>('SELECT json FROM documents WHERE revision = ? ORDER BY piece', revision)
      .toArray();
    if (rows.length === 0) return null;
    return completeConfig(JSON.parse(rows.map((row) => row.json).join('')) as Config);
  }

  /** What the last commit derived; null in a new Directory. */
  meta(): Meta | null {
    const row = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'meta'").toArray()[0];
    return row ? (JSON.parse(row.value) as Meta) : null;
  }

  /** Stores what a commit derived. */
  saveMeta(meta: Meta): void {
    this.#sql.exec(
      "INSERT INTO meta (key, value) VALUES ('meta', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify(meta),
    );
  }

  /** Writes one revision with its document, and deletes the oldest. */
  commit(revision: Revision, config: Config, meta: Meta): void {
    const json = JSON.stringify(config);
    this.#sql.exec(
      'INSERT INTO revisions (revision, at, who, summary) VALUES (?, ?, ?, ?)',
      revision.revision,
      revision.at,
      revision.who,
      revision.summary,
    );
    for (const [i, chunk] of chunkText(json).entries())
      this.#sql.exec(
        'INSERT INTO documents (revision, piece, json) VALUES (?, ?, ?)',
        revision.revision,
        i,
        chunk,
      );
    this.saveMeta(meta);
    const oldest = revision.revision - REVISIONS_KEPT;
    this.#sql.exec('DELETE FROM revisions WHERE revision <= ?', oldest);
    this.#sql.exec('DELETE FROM documents WHERE revision <= ?', oldest);
  }

  /** The Pool objects that exist. */
  shards(): { pool: string; shard: string }[] {
    return this.#sql.exec<{ pool: string; shard: string }>('SELECT pool, shard FROM shards').toArray();
  }

  /** Records that a Pool object exists. */
  addShard(pool: string, shard: string): void {
    this.#sql.exec('INSERT INTO shards (pool, shard) VALUES (?, ?) ON CONFLICT DO NOTHING', pool, shard);
  }

  /** Deletes a Pool object from the list. */
  dropShard(pool: string, shard: string): void {
    this.#sql.exec('DELETE FROM shards WHERE pool = ? AND shard = ?', pool, shard);
  }
}
