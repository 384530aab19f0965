/** What must hold of every request of a run, and the one reason for which each may end badly. No I/O. */
import { isOutagePool, isRejected, mayAllBeOut } from './outages.ts';
import type { ClientRecord, RequestLog } from './request-log.ts';
import { type Fault, HARMLESS } from './schedule.ts';

/** `fine`: as if nothing had gone wrong. `excused`: badly, by a backend or for want of a runtime. */
export type Verdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'excused'; readonly why: string }
  | { readonly kind: 'broken'; readonly invariant: string; readonly detail: string };

const FINE: Verdict = { kind: 'fine' };
const excused = (why: string): Verdict => ({ kind: 'excused', why });

/** A body this small is kept, so that the request can be sent again. */
const REPEATED: ReadonlySet<ClientRecord['kind']> = new Set(['get', 'put', 'pinned']);
/** Answers that say that nothing was processed: even a POST may go elsewhere after them. */
const NEVER_CONNECTED: ReadonlySet<Fault | null> = new Set<Fault>(['521', '530']);

/** Judges one request; every way to end that is not named here breaks an invariant. */
export function judge(record: ClientRecord, requestLog: RequestLog): Verdict {
  const twice = sentTwice(record, requestLog);
  if (twice) return twice;
  if (record.kind === 'broken-off') {
    if (!requestLog.whole.has(record.id)) return excused('broken off by the client');
    return broken('a cut upload never reaches a backend as whole', describe(record, requestLog));
  }
  const isGood = record.status === 200 || record.status === 101;
  if (record.end === 'whole' && isGood) return strayed(record, requestLog) ?? FINE;
  if (requestLog.wasDown(record.sentAt, record.endedAt)) return excused('no runtime');
  const ranOut = record.attempts.some(({ how }) => how === 'timeout');
  if (ranOut && requestLog.wasStalled(record.sentAt, record.endedAt))
    return excused('the machine stood still');
  const detail = describe(record, requestLog);
  // Local workerd ends a chunked answer as if it were whole when the backend breaks it off; no Worker can change that.
  const early = record.kind === 'sse' && record.end === 'wrong' ? cutBy(record, requestLog) : null;
  if (early) return excused(early);
  if (record.end === 'wrong') return broken('an answer belongs to its request and is what was sent', detail);
  if (record.end === 'silence') return broken('every request is answered or its connection closed', detail);
  if (record.end === 'no answer') return broken('a client gets an answer, never a bare close', detail);
  if (record.end === 'cut') {
    const cutter = cutBy(record, requestLog);
    return cutter ? excused(cutter) : broken('an acknowledged response is never cut by us', detail);
  }
  if (record.status === 500 && metFault(record, requestLog, '500')) return excused('500 of the application');
  if (isRejected(record)) {
    const isOut = mayAllBeOut(record.pool, record.sentAt, record.endedAt, requestLog);
    return isOut ? excused('rejected') : broken('a pool rejects only when all of it is out', detail);
  }
  // How many there may be is judged by outage.
  if (isOutagePool(record.pool) && metBadBackend(record, requestLog)) return excused('in an outage');
  if (REPEATED.has(record.kind) || record.kind === 'sse')
    return broken('no idempotent request fails while a healthy backend exists', detail);
  const first = record.attempts[0]?.backend;
  const [bad] = first ? requestLog.faultsDuring(record.pool, first, record.sentAt, record.endedAt) : [];
  return bad ? excused(bad) : broken('what may not be repeated fails only at a bad backend', detail);
}

/** No POST reaches two backends, unless the first said that nothing was ever processed. */
function sentTwice(record: ClientRecord, requestLog: RequestLog): Verdict | null {
  if (record.kind !== 'post' && record.kind !== 'websocket' && record.kind !== 'upload') return null;
  const arrivals = requestLog.arrivalsOf(record.id);
  const processed = arrivals.filter(({ fault }) => !NEVER_CONNECTED.has(fault));
  // A handshake is a GET: it may be repeated, for nothing has been said yet.
  if (record.kind !== 'post' || processed.length <= 1) return null;
  return broken('no POST reaches two backends', describe(record, requestLog));
}

/** An ejection may last two seconds and its probe another; a client may be elsewhere for so long after a fault. */
const AWAY_MS = 8_000;

/** A pinned client is elsewhere only while its backend is bad or not yet trusted again, or to probe another that was. */
function strayed(record: ClientRecord, requestLog: RequestLog): Verdict | null {
  const { pinnedTo, backend, pool, sentAt, endedAt } = record;
  if (pinnedTo === undefined || backend === pinnedTo) return null;
  const wasBad = (id: string) => requestLog.faultsDuring(pool, id, sentAt - AWAY_MS, endedAt).length > 0;
  if (requestLog.wasStalled(sentAt - AWAY_MS, endedAt)) return null;
  if (wasBad(pinnedTo) || (backend !== null && wasBad(backend))) return null;
  return broken(
    'a pinned client stays with its backend',
    `${describe(record, requestLog)}; pinned to ${pinnedTo}`,
  );
}

/** The fault of the backend that answered and then broke off; null when it had none. */
function cutBy(record: ClientRecord, requestLog: RequestLog): string | null {
  if (!record.backend) return null;
  // A slow answer may outlive the time of its own fault, and meet the next.
  const faults = requestLog.faultsDuring(record.pool, record.backend, record.sentAt, record.endedAt);
  return faults.find((fault) => !HARMLESS.has(fault)) ?? null;
}

const metFault = (record: ClientRecord, requestLog: RequestLog, fault: Fault): boolean =>
  requestLog.arrivalsOf(record.id).some((arrival) => arrival.fault === fault);

/** Whether a backend that it was tried at was bad at the time. */
const metBadBackend = ({ pool, attempts, sentAt, endedAt }: ClientRecord, requestLog: RequestLog): boolean =>
  attempts.some(({ backend }) => requestLog.faultsDuring(pool, backend, sentAt, endedAt).length > 0);

const broken = (invariant: string, detail: string): Verdict => ({ kind: 'broken', invariant, detail });

function describe(record: ClientRecord, requestLog: RequestLog): string {
  const { kind, pool, id, end, status, attempts, note = '' } = record;
  const tried = attempts.map(({ backend, how }) => `${backend};${how}`).join(', ');
  const seen = requestLog
    .arrivalsOf(id)
    .map(({ backend, fault }) => `${backend}${fault ? ` (${fault})` : ''}`);
  const ms = Math.round(record.endedAt - record.sentAt);
  const at = Math.round(record.sentAt);
  return `${kind} ${id} of ${pool} at ${at}: ${end} ${status ?? ''} after ${ms} ms; attempts ${tried}; arrived at ${seen.join(', ')} ${note}`;
}
