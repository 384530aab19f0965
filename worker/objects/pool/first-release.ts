/**
 * The calls of the first release's isolates, in terms of `sync`: during a deploy they meet objects of this release. Remove
 * this file, and `lease` and `report` of pool.ts, with the next release.
 */
import type { Batch, LeaseAsk, PoolUpdate, Report, SyncAsk, SyncReply } from '../../protocol/messages.ts';

const EMPTY: Batch = {
  attempts: [],
  mappings: { count: 0, json: '[]' },
  charged: {},
  returned: [],
  tookAlone: [],
  probes: [],
  clients: {},
  dropped: 0,
};

/** A request for slots. It has no number, because its isolate does not repeat what it brings. */
export function syncOfLease({ want, revision, returned, charged = {}, tookAlone = [] }: LeaseAsk): SyncAsk {
  return { isolate: '', sequence: 0, revision, want, batch: { ...EMPTY, returned, charged, tookAlone } };
}

/** A report; with `want` it asks for slots too. */
export function syncOfReport(report: Report, want: number): SyncAsk {
  const { isolate, sequence, revision, probing, probeRequestIds, ...noted } = report;
  const probes = probing.map((id, i) => [id, probeRequestIds?.[i] ?? null] as const);
  return { isolate, sequence, revision, want, batch: { ...EMPTY, ...noted, probes } };
}

/** What a report without `want` is answered: had the reply a position, its isolate would follow it. */
export function updateOf(reply: SyncReply): PoolUpdate {
  const { epoch, first, slots, position, weights, reason, ttlMs, ...update } = reply;
  return update;
}
