/** A Pool object that only takes reports, and may be away; for outboxes that are tested without a runtime. */
import type { Env } from '../../worker/env.ts';
import type { Report } from '../../worker/objects/protocol.ts';
import type { recordMapping } from '../../worker/proxy/outbox.ts';

type Context = Parameters<typeof recordMapping>[3];

/** The object as an outbox reaches it. */
export interface ReportTaker {
  /** While true it throws instead of taking. */
  isAway: boolean;
  /** In the order in which they were taken. */
  readonly taken: Report[];
  readonly env: Env;
  readonly ctx: Context;
  /** Resolves when all that was left for behind the responses has ended. */
  settled(): Promise<unknown>;
}

/** Makes one that is there. */
export function takeReports(): ReportTaker {
  const behind: Promise<unknown>[] = [];
  const taken: Report[] = [];
  const report = async (batch: Report) => {
    if (taker.isAway) throw new Error('away');
    taken.push(batch);
    return { revision: 1, routesRevision: 0, ejected: [], ramping: [] };
  };
  const taker: ReportTaker = {
    isAway: false,
    taken,
    env: { POOL: { getByName: () => ({ report }) } } as unknown as Env,
    ctx: { waitUntil: (promise: Promise<unknown>) => behind.push(promise) } as unknown as Context,
    settled: () => Promise.all(behind.splice(0)),
  };
  return taker;
}
