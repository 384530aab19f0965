/**
 * The calls of the first release's isolates, in terms of `sync`: during a deploy they meet objects of this release. Remove
 * this file, and `lease` and `report` of pool.ts, with the next release.
 */
import type { Batch, PoolUpdate, SyncAsk, SyncReply } from '../../../protocol/messages.ts';
import { type AttemptRecord, Runs } from '../../../protocol/runs.ts';

/** A request for slots. With `want` 0 it only returns slots, charges picks and fetches the pool's state. */
export interface LeaseAsk extends Partial<Pick<Batch, 'charged' | 'tookAlone'>>, Pick<Batch, 'returned'> {
  readonly want: number;
  readonly revision: number;
}

/** A batch with its number, in which attempts stand one by one and a probe is two entries. */
export interface Report extends Omit<Batch, 'runs' | 'probes' | 'clients' | 'tookAlone'> {
  readonly attempts: readonly AttemptRecord[];
  readonly isolate: string;
  readonly sequence: number;
  readonly revision: number;
  readonly tookAlone?: Batch['tookAlone'];
  readonly clients?: Batch['clients'];
  readonly probing: readonly string[];
  readonly probeRequestIds?: readonly string[];
}

const EMPTY: Batch = {
  runs: [],
  mappings: { count: 0, json: '[]' },
  charged: {},
  returned: [],
  tookAlone: [],
  probes: [],
  clients: {},
  dropped: 0,
};

/** It has no number, because its isolate does not repeat what it brings. */
export function syncOfLease({ want, revision, returned, charged = {}, tookAlone = [] }: LeaseAsk): SyncAsk {
  return { isolate: '', sequence: 0, revision, want, batch: { ...EMPTY, returned, charged, tookAlone } };
}

/** With `want` it asks for slots too. */
export function syncOfReport(report: Report, want: number): SyncAsk {
  const { isolate, sequence, revision, attempts, probing, probeRequestIds, ...noted } = report;
  const runs = new Runs();
  for (const attempt of attempts) runs.add(attempt);
  const probes = probing.map((id, i) => [id, probeRequestIds?.[i] ?? null] as const);
  return { isolate, sequence, revision, want, batch: { ...EMPTY, ...noted, runs: runs.take(), probes } };
}

/** What a report without `want` is answered: had the reply a position, its isolate would follow it. */
export function updateOf(reply: SyncReply): PoolUpdate {
  const { epoch, first, slots, position, weights, reason, ttlMs, pace, sampling, ...update } = reply;
  return update;
}
