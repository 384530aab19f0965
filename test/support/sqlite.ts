/** SQLite in memory behind the interface of an object's storage. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { RollupStore } from '../../worker/objects/pool/memory/rollup-store.ts';

type Sql = ConstructorParameters<typeof RollupStore>[0];

/** An empty database, and how many rows a table has. */
export function openSql(): { sql: Sql; count(table: string): number } {
  const database = new DatabaseSync(':memory:');
  const prepared = new Map<string, StatementSync>();
  const exec = (query: string, ...values: SQLInputValue[]) => {
    const statement = prepared.get(query) ?? database.prepare(query);
    prepared.set(query, statement);
    const rows = statement.all(...values);
    return {
      toArray: () => rows,
      one: () => rows[0],
      rowsWritten: 1,
      [Symbol.iterator]: () => rows[Symbol.iterator](),
    };
  };
  return {
    sql: { exec } as unknown as Sql,
    count: (table) => Number(database.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get()!.n),
  };
}
