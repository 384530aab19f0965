/**
 * The SQL of the Directory. Tables: `revisions` (one row each), `documents` (a revision's JSON in pieces, since a row
 * holds 2 MB at most), `meta` (instance, routes revision, revision of each pool), `shards` (Pool objects that exist).
 */
import type { Config } from '../../config/schema.ts';
import { completeConfig } from '../../config/stored.ts';
import { inPieces } from '../../lib/chunks.ts';
import type { Revision } from '../../protocol/config-schemas.ts';

/** Revisions kept; the oldest go first. */
const REVISIONS_KEPT = 100;

export type { Revision };

/** What is derived at each commit. */
export interface Meta {
  readonly instance: string;
  readonly routesRevision: number;
  readonly poolRevisions: Readonly<Record<string, number>>;
}

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
    const pieces = this.#sql
      .exec<{ json: string }>('SELECT json FROM documents WHERE revision = ? ORDER BY piece', revision)
      .toArray();
    if (pieces.length === 0) return null;
    return completeConfig(JSON.parse(pieces.map((piece) => piece.json).join('')) as Config);
  }

  meta(): Meta | null {
    const row = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'meta'").toArray()[0];
    return row ? (JSON.parse(row.value) as Meta) : null;
  }

  saveMeta(meta: Meta): void {
    this.#sql.exec(
      "INSERT INTO meta (key, value) VALUES ('meta', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify(meta),
    );
  }

  /** Writes one revision whole; call it inside one synchronous turn. */
  commit(revision: Revision, config: Config, meta: Meta): void {
    const json = JSON.stringify(config);
    this.#sql.exec(
      'INSERT INTO revisions (revision, at, who, summary) VALUES (?, ?, ?, ?)',
      revision.revision,
      revision.at,
      revision.who,
      revision.summary,
    );
    for (const [piece, part] of inPieces(json).entries())
      this.#sql.exec(
        'INSERT INTO documents (revision, piece, json) VALUES (?, ?, ?)',
        revision.revision,
        piece,
        part,
      );
    this.saveMeta(meta);
    const oldest = revision.revision - REVISIONS_KEPT;
    this.#sql.exec('DELETE FROM revisions WHERE revision <= ?', oldest);
    this.#sql.exec('DELETE FROM documents WHERE revision <= ?', oldest);
  }

  shards(): { pool: string; shard: string }[] {
    return this.#sql.exec<{ pool: string; shard: string }>('SELECT pool, shard FROM shards').toArray();
  }

  addShard(pool: string, shard: string): void {
    this.#sql.exec('INSERT INTO shards (pool, shard) VALUES (?, ?) ON CONFLICT DO NOTHING', pool, shard);
  }

  dropShard(pool: string, shard: string): void {
    this.#sql.exec('DELETE FROM shards WHERE pool = ? AND shard = ?', pool, shard);
  }
}
