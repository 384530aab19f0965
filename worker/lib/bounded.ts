/** Collections with a limit: when one is full, its oldest entries go. No I/O. */

/** Removes the entries that were inserted first until at most `limit` are left. */
export function evictOldest<K>(entries: Map<K, unknown> | Set<K>, limit: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= limit) return;
    entries.delete(oldest);
  }
}

/** Removes the first items until at most `limit` are left. Returns those it removed. */
export const dropOldest = <T>(items: T[], limit: number): T[] =>
  items.splice(0, Math.max(0, items.length - limit));

/** Removes the first batches as long as the others still hold `limit` entries: at most one batch more is left. */
export function dropOldestBatches(batches: { readonly count: number }[], limit: number): void {
  let held = batches.reduce((sum, { count }) => sum + count, 0);
  while (batches.length > 0 && held - batches[0]!.count >= limit) held -= batches.shift()!.count;
}
