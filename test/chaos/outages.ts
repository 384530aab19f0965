/**
 * Pools with the default retries under light traffic, of which as much fails as may: all of a pool at once, one after the other,
 * one that hangs while few ask, one that is half broken. How much their clients may notice is counted by outage. No I/O.
 */
import { Deck, type Random } from '../support/random.ts';
import { AFTERMATH_MS, type ClientRecord, type FaultSpan, type RequestLog } from './request-log.ts';
import { BACKENDS, type Fault, type PoolName, type Step } from './schedule.ts';

/** What each is for; the spare pool of `shielded` and the pool that takes uploads have backends that are always well. */
export const OUTAGE_POOLS = ['shielded', 'guarded', 'rolling', 'quiet', 'halved'] as const;
export type OutagePool = (typeof OUTAGE_POOLS)[number];

/** Clients of each, and how long each waits after an answer. */
export const OUTAGE_CLIENTS: Readonly<Record<OutagePool, { clients: number; pauseMs: [number, number] }>> = {
  shielded: { clients: 2, pauseMs: [20, 60] },
  guarded: { clients: 2, pauseMs: [20, 60] },
  rolling: { clients: 2, pauseMs: [20, 60] },
  quiet: { clients: 1, pauseMs: [250, 500] },
  halved: { clients: 2, pauseMs: [20, 60] },
};

/** The first ejection of a backend of these pools; the longest lasts twice as long. */
export const OUTAGE_BASE_MS = 1_000;

export const isOutagePool = (pool: PoolName): pool is OutagePool =>
  OUTAGE_POOLS.some((outage) => outage === pool);

/** Makes the faults of one storm. */
export function planOutages(random: Random, stormMs: number): Step[] {
  const sudden = new Deck<Fault>(['die', '503', '521', 'reset', 'hang'], random);
  const quiet = new Deck<Fault>(['hang', 'die', '503'], random);
  const steps: Step[] = [];
  const add = (pool: OutagePool, backends: readonly string[], fault: Fault, atMs: number, forMs: number) =>
    steps.push(...backends.map((backend) => ({ kind: 'fault' as const, pool, backend, fault, atMs, forMs })));
  /** Outages one after the other until the storm is over, with room for a return between them. */
  const series = (begin: (atMs: number) => number) => {
    for (let atMs = random.int(300, 1_000); ; ) {
      const forMs = begin(atMs);
      if (forMs === 0) return;
      atMs += forMs + random.int(2_200, 3_200);
    }
  };
  const whole = (pool: OutagePool) =>
    series((atMs) => {
      const forMs = random.int(1_200, 2_200);
      if (atMs + forMs > stormMs) return 0;
      // A pool in which every backend hangs is slow, not out: none is faster than the others.
      const fault = sudden.deal();
      const backends = fault === 'hang' ? [random.pick(BACKENDS[pool])] : BACKENDS[pool];
      add(pool, backends, fault, atMs, forMs);
      return forMs;
    });
  whole('shielded');
  whole('guarded');
  series((atMs) => {
    const forMs = random.int(2_500, 4_000);
    if (atMs + forMs > stormMs) return 0;
    add('quiet', [random.pick(BACKENDS.quiet)], quiet.deal(), atMs, forMs);
    return forMs;
  });
  series((atMs) => {
    const forMs = random.int(1_500, 3_000);
    if (atMs + forMs > stormMs) return 0;
    add('halved', [random.pick(BACKENDS.halved)], 'alternates', atMs, forMs);
    return forMs;
  });
  // Each is down for longer than a first ejection, and the next goes before the first is trusted again.
  for (let n = 0, atMs = 500; atMs + 1_500 <= stormMs; n++, atMs += 1_800)
    add('rolling', [BACKENDS.rolling[n % BACKENDS.rolling.length]!], 'die', atMs, 1_500);
  return steps;
}

/** Whether it is the answer of a pool that rejects: 503 with Retry-After, and no backend was asked. */
export const isRejected = ({ pool, status, attempts, retryAfter }: ClientRecord): boolean =>
  pool === 'guarded' && status === 503 && attempts.length === 0 && retryAfter;

/** An ejection lasts so long at most, its probe and the news of it a little longer. */
const OUT_AFTER_MS = 2 * OUTAGE_BASE_MS + 2_000;

/** Whether every backend of the pool was bad of late, so that all of it may be out. */
export const mayAllBeOut = (pool: PoolName, from: number, to: number, requestLog: RequestLog): boolean =>
  BACKENDS[pool].every((id) => requestLog.faultsDuring(pool, id, from - OUT_AFTER_MS, to).length > 0);

/** Three in a row eject; of one that fails every other time it takes ten attempts to know. */
const MOST = 3;
const MOST_HALVED = 10;

/**
 * While a backend of a pool or of its fallback is well, at most three requests an isolate and outage fail or wait for a timeout;
 * besides them those that were under way when it began. What may not be repeated also fails as a probe.
 */
export function judgeOutages(requestLog: RequestLog): string[] {
  const spans = requestLog.faults.filter((span) => isOutagePool(span.pool));
  return spans.flatMap((span) => {
    const met = requestLog.clients.filter((record) => suffersFrom(record, span, requestLog));
    const isolates =
      1 + requestLog.downtimes.filter((down) => down.from <= span.to && down.to >= span.from).length;
    const underWay = OUTAGE_CLIENTS[span.pool as OutagePool].clients - 1;
    const most = isolates * ((span.fault === 'alternates' ? MOST_HALVED : MOST) + underWay);
    const probes = Math.ceil((span.to - span.from) / OUTAGE_BASE_MS);
    // In a pool that rejects no other backend can answer for a probe that fails.
    const mostRepeatable = span.pool === 'guarded' ? most + probes : most;
    const repeatable = met.filter(({ kind }) => kind !== 'post');
    const posts = met.length - repeatable.length;
    const ms = Math.round(span.to - span.from);
    const where = `${span.backend} of ${span.pool}, ${span.fault} at ${Math.round(span.from)} for ${ms} ms`;
    return [
      ...(repeatable.length <= mostRepeatable
        ? []
        : [
            `${repeatable.length} that may be repeated failed or waited, at most ${mostRepeatable} may: ${where}`,
          ]),
      ...(posts <= most + probes
        ? []
        : [`${posts} POSTs failed or waited, at most ${most + probes} may: ${where}`]),
    ].map((line) => `an outage is noticed by few: ${line}`);
  });
}

/** Whether a request failed for its client by this outage, or waited for its timeout there. */
function suffersFrom(record: ClientRecord, span: FaultSpan, requestLog: RequestLog): boolean {
  const { pool, sentAt, endedAt, attempts, status } = record;
  if (pool !== span.pool || sentAt > span.to + AFTERMATH_MS || endedAt < span.from) return false;
  if (requestLog.wasDown(sentAt, endedAt) || requestLog.wasStalled(sentAt, endedAt) || isRejected(record))
    return false;
  const here = attempts.filter(({ backend }) => backend === span.backend);
  if (here.some(({ how }) => how === 'timeout')) return true;
  const failed = status === null || status >= 500;
  return failed && (here.length > 0 || attempts.length === 0);
}
