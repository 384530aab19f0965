/** The table of a run: each fault, how often, and what became of the requests that met it. No I/O. */
import { judge, type Verdict } from './invariants.ts';
import type { ClientRecord, RequestLog } from './request-log.ts';
import { FAULTS } from './schedule.ts';

export interface Row {
  readonly what: string;
  readonly times: number;
  readonly requests: number;
  readonly saw: string;
}

/** After a action, requests sent in this time count as having met it. */
const MET_MS = 1_000;

/** One row a fault, then one a action. */
export function rowsOf(requestLog: RequestLog): Row[] {
  const judged = requestLog.clients.map((record) => ({ record, verdict: judge(record, requestLog) }));
  const faults = FAULTS.map((fault): Row => {
    const spans = requestLog.faults.filter((span) => span.fault === fault);
    const met = judged.filter(({ record }) => metFault(record, fault, requestLog));
    return { what: fault, times: spans.length, requests: met.length, saw: summarise(met) };
  });
  const names = [
    ...new Set(requestLog.actions.filter((action) => !action.isEnd).map((action) => action.what)),
  ].sort();
  const actions = names.map((what): Row => {
    const times = requestLog.actions.filter((action) => action.what === what);
    const met = judged.filter(({ record }) =>
      times.some(({ at }) => record.endedAt >= at && record.sentAt <= at + MET_MS),
    );
    return { what, times: times.length, requests: met.length, saw: summarise(met, nameOfVerdict) };
  });
  return [...faults, ...actions].filter((row) => row.times > 0);
}

/** A request met a fault when one of the backends it was tried at had it; of a dead one only the attempts tell. */
function metFault(record: ClientRecord, fault: string, requestLog: RequestLog): boolean {
  if (requestLog.arrivalsOf(record.id).some((arrival) => arrival.fault === fault)) return true;
  return (
    fault === 'die' &&
    record.attempts.some(
      ({ backend, how }) =>
        how === 'connect-failure' &&
        requestLog.faultsDuring(record.pool, backend, record.sentAt, record.endedAt).includes('die'),
    )
  );
}

function summarise(met: readonly { record: ClientRecord; verdict: Verdict }[], name = nameOf): string {
  const counts = new Map<string, number>();
  for (const { record, verdict } of met) {
    const key = name(record, verdict);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([key, count]) => `${count} ${key}`)
    .join(', ');
}

function nameOf(record: ClientRecord, verdict: Verdict): string {
  if (verdict.kind === 'fine') return record.attempts.length > 1 ? 'whole from another' : 'whole';
  if (verdict.kind === 'broken') return `BROKEN (${verdict.invariant})`;
  if (verdict.why === 'no runtime') return 'refused (no runtime)';
  if (verdict.why === 'rejected' || record.kind === 'broken-off') return verdict.why;
  if (record.status === 500) return '500 of the application';
  const kind = record.kind === 'post' || record.kind === 'upload' ? ` ${record.kind}` : '';
  return record.end === 'cut' || record.end === 'wrong' ? 'cut by its backend' : `${record.status}${kind}`;
}

/** Beside a action only this counts: was it a backend's fault, or ours? */
function nameOfVerdict(record: ClientRecord, verdict: Verdict): string {
  if (verdict.kind !== 'excused' || verdict.why === 'no runtime') return nameOf(record, verdict);
  return 'failed by a backend’s own fault';
}

/** The rows as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, times, requests, saw }) => `| ${what} | ${times} | ${requests} | ${saw} |`);
  return ['| fault | times | requests that met it | what clients saw |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
}
