/** Ejections that only a shard nobody asks any more still knows of, left out where a success has been seen since. No I/O. */
import type { BackendStatus, ShardStatus } from '../protocol/messages.ts';

/** So long after an ejection a shard that somebody asks has handed its probe out, and told of it. */
const MARGIN_MS = 2_000;

/**
 * One backend as each of `shards` sees it. A shard that nobody asks any more has nobody to carry its probe: after a change of
 * `sharding`, or where the word of a return was lost, its ejection would last for ever. It does not count once its time is
 * over, no probe is under way, and a success has been seen since. A region that rests is no exception: what it could not
 * reach it finds out anew with its next request.
 */
export function withoutStaleEjections(shards: readonly ShardStatus[], id: string): BackendStatus[] {
  const rows = shards.flatMap(({ backends }) => backends.filter((row) => row.id === id));
  const succeededAt = Math.max(0, ...rows.map((row) => row.succeededAt ?? 0));
  return rows.map((row) => {
    const { ejectedUntil: until, probingUntil = Number.POSITIVE_INFINITY } = row;
    const isStale = until !== 0 && succeededAt > Math.max(until + MARGIN_MS, probingUntil);
    return isStale ? { ...row, ejectedUntil: 0, ejections: 0, consecutiveFailures: 0 } : row;
  });
}
