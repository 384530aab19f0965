/** A Pool object that takes reports and lends slots of its only backend, and may be away; for outboxes without a runtime. */
import type { Env } from '../../../worker/env.ts';
import type { LeaseAsk, LeaseReply, Report } from '../../../worker/protocol/messages.ts';
import type { recordMapping } from '../../../worker/proxy/pool-client/outbox.ts';

type Context = Parameters<typeof recordMapping>[4];

/** The object as an outbox reaches it. */
export interface ReportTaker {
  /** While true it throws instead of taking. */
  isAway: boolean;
  /** It answers reports when this resolves. */
  opens: Promise<void>;
  /** Of an earlier version: it knows of no slots that come with a report. */
  isOld: boolean;
  /** What its answers say. */
  routesRevision: number;
  /** In the order in which they were taken. */
  readonly taken: Report[];
  /** What each call wanted, in order; 0 of a report that wants nothing. */
  readonly wants: number[];
  readonly env: Env;
  readonly ctx: Context;
  /** Resolves when all that was left for behind the responses has ended. */
  settled(): Promise<void>;
}

/** Makes one that is there. */
export function takeReports(): ReportTaker {
  const behind: Promise<unknown>[] = [];
  const taken: Report[] = [];
  const wants: number[] = [];
  const grant = (want: number): LeaseReply => {
    if (taker.isAway) throw new Error('away');
    wants.push(want);
    const slots = Array.from({ length: want }, () => 0);
    const first = wants.length * 1_000;
    const news = { revision: 1, routesRevision: taker.routesRevision, ejected: [], ramping: [] };
    return { ...news, epoch: 1, first, slots, reason: 'policy', ttlMs: 1_000 };
  };
  const lease = async ({ want }: LeaseAsk) => grant(want);
  const report = async (batch: Report, want: number) => {
    await taker.opens;
    const reply = grant(want);
    taken.push(batch);
    if (want > 0 && !taker.isOld) return reply;
    const { revision, routesRevision, ejected, ramping } = reply;
    return { revision, routesRevision, ejected, ramping };
  };
  const taker: ReportTaker = {
    isAway: false,
    opens: Promise.resolve(),
    isOld: false,
    routesRevision: 0,
    taken,
    wants,
    env: { POOL: { getByName: () => ({ lease, report }) } } as unknown as Env,
    ctx: { waitUntil: (promise: Promise<unknown>) => behind.push(promise) } as unknown as Context,
    async settled() {
      while (behind.length > 0) await Promise.all(behind.splice(0));
    },
  };
  return taker;
}
