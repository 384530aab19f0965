/** What a shard last thought of a backend, put aside where another has seen since that it works. No I/O. */
import type { BackendStatus, ShardStatus } from './protocol.ts';

/**
 * One backend as each of `shards` sees it. A shard that nobody asks any more has nobody who could carry its probe: after a change
 * of `sharding`, or with the word of a return lost, its ejection would last for ever. It does not count when its time is
 * over, nobody has asked the shard since, and another one has seen the backend succeed.
 */
export function asKnown(shards: readonly ShardStatus[], id: string): BackendStatus[] {
  const rows = shards.flatMap(({ backends, askedAt = Number.POSITIVE_INFINITY }) =>
    backends.filter((row) => row.id === id).map((row) => ({ row, askedAt })),
  );
  const succeededAt = Math.max(0, ...rows.map(({ row }) => row.succeededAt ?? 0));
  return rows.map(({ row, askedAt }) => {
    const { ejectedUntil: until } = row;
    const isKnownBetter = until !== 0 && askedAt <= until && succeededAt > until;
    return isKnownBetter ? { ...row, ejectedUntil: 0, ejections: 0, consecutiveFailures: 0 } : row;
  });
}
