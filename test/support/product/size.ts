/** How much the objects' storage holds. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Megabytes of all SQLite databases below a folder, their write-ahead logs aside: when those shrink is the runtime's
 * business. What has just gone counts as nothing.
 */
export const databaseMb = (path: string): number => bytesBelow(path) / 1_048_576;

function bytesBelow(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return path.endsWith('.sqlite') ? stats.size : 0;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}
