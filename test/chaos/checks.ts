/** What is checked of the whole product: when a storm is over, and at the end. Each returns what is broken, a line each. */
import type { Json } from '../support/product/product.ts';
import { parseMetrics } from '../support/product/prometheus.ts';
import { wrongCounters } from './counters.ts';
import { judge } from './invariants.ts';
import type { Operator } from './operator.ts';
import { judgeOutages, OUTAGE_POOLS } from './outages.ts';
import type { RequestLog } from './request-log.ts';

/** How long it may take until shares and counters are right again when all is calm. */
const CALM_MS = 5_000;
/** How long alerts may take: the pauses after a few failed tries, and ten seconds in which all failed. */
const ALERTS_MS = 40_000;
/** Of traffic in the calm, by which shares are judged. */
const SHARES_MS = 2_500;
/** Violations of one invariant that are listed; more are only counted. */
const SHOWN = 5;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads until nothing is wrong any more, or the calm has had its time. */
async function untilCalm(
  read: () => Promise<string[]>,
  everyMs: number,
  withinMs = CALM_MS,
): Promise<string[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const wrong = await read();
    if (wrong.length === 0 || performance.now() > end) return wrong;
    await wait(everyMs);
  }
}

/** Within five seconds every backend is available again, and the shares of pool `main` are the weights. */
export async function checkCalm(
  operator: Operator,
  requestLog: RequestLog,
  clients: number,
): Promise<string[]> {
  const ejected = await untilCalm(async () => {
    const statuses = await Promise.all(
      ['main', ...OUTAGE_POOLS].map((pool) => operator.call('GET', `/pools/${pool}/status`)),
    );
    return statuses.flatMap(({ pool, backends }) => {
      const others = backends.filter(({ status }: Json) => status !== 'available');
      return others.map(
        (other: Json) => `within 5 s of calm all are available: ${describeEjected(other)} (${pool})`,
      );
    });
  }, 50);
  if (ejected.length > 0) ejected.push(`the last that happened: ${await lastEvents(operator)}`);
  // A window that begins within the five seconds may still see an isolate that suspects a backend it could not report.
  const shares = await untilCalm(() => wrongShares(operator, requestLog, clients), 0);
  return [...ejected, ...shares];
}

/** When the receiver is there, everything is resolved and delivered. */
export function checkAlerts(operator: Operator): Promise<string[]> {
  return untilCalm(
    async () => {
      const { alerts } = await operator.call('GET', '/alerts');
      return alerts.flatMap(({ firing, waiting }: Json) => [
        ...firing.map((key: string) => `in the calm no alert is firing: ${key}`),
        ...(waiting > 0 ? [`in the calm every alert arrives: ${waiting} wait`] : []),
      ]);
    },
    100,
    ALERTS_MS,
  );
}

function describeEjected({ id, status, ejections, ejectedUntil, consecutiveFailures }: Json): string {
  const until = ejectedUntil ? `${ejectedUntil - Date.now()} ms from now` : 'never';
  return `${id} is ${status} until ${until}, ejected ${ejections} times, ${consecutiveFailures} failures in a row`;
}

/** What the Directory knows to have happened, the newest first, with how long ago it was. */
async function lastEvents(operator: Operator): Promise<string> {
  const { events } = await operator.call('GET', '/events?limit=30');
  const lines = events.map(
    ({ at, kind, pool = '', backend = '', why = '' }: Json) =>
      `${Date.now() - at} ms ago ${kind} ${pool} ${backend} ${why}`,
  );
  return lines.join('; ');
}

/** Shares over one window from now on. */
async function wrongShares(operator: Operator, requestLog: RequestLog, clients: number): Promise<string[]> {
  const from = performance.now();
  const { pool } = await operator.call('GET', '/pools/main');
  await wait(SHARES_MS);
  const used = requestLog.clients.filter(
    (record) => record.pool === 'main' && record.sentAt > from && record.attempts.length === 1,
  );
  const total = pool.backends.reduce((sum: number, { weight }: Json) => sum + weight, 0);
  // Slots outstanding at both ends of the window, and the requests under way there.
  const allowed = pool.backends.length + pool.maxLease + clients;
  return pool.backends.flatMap(({ id, weight }: Json) => {
    const count = used.filter((record) => record.backend === id).length;
    const expected = (used.length * weight) / total;
    if (Math.abs(count - expected) <= allowed) return [];
    return [
      `shares return to the weights: ${id} got ${count} of ${used.length}, expected ${expected.toFixed(1)}`,
    ];
  });
}

/** With nothing under way, the metrics are what clients and backends saw. */
export function checkCounters(operator: Operator, requestLog: RequestLog): Promise<string[]> {
  return untilCalm(async () => {
    const metrics = parseMetrics(await operator.call('GET', '/metrics'));
    const samples = metrics.get('evenkeel_requests_total')?.samples ?? [];
    const counters = samples.map(({ labels, value }) => [`${labels.pool}/${labels.backend}`, value] as const);
    const failures = metrics.get('evenkeel_failures_total')?.samples ?? [];
    const blamed = failures.filter(({ labels, value }) => labels.pool === 'uploads' && value > 0);
    return [
      ...wrongCounters(new Map(counters), requestLog).map((line) => `counters equal what was seen: ${line}`),
      ...blamed.map(
        ({ labels, value }) =>
          `a cut upload is no failure of its backend: ${labels.backend} ${labels.kind} ${value}`,
      ),
    ];
  }, 100);
}

/** Every request of the run. */
export function judgeAll(requestLog: RequestLog): string[] {
  const details = new Map<string, string[]>();
  for (const record of requestLog.clients) {
    const verdict = judge(record, requestLog);
    if (verdict.kind !== 'broken') continue;
    details.set(verdict.invariant, [...(details.get(verdict.invariant) ?? []), verdict.detail]);
  }
  const outages = judgeOutages(requestLog);
  return [
    ...[...details].flatMap(([invariant, all]) => [
      ...all.slice(0, SHOWN).map((detail) => `${invariant}: ${detail}`),
      ...(all.length > SHOWN ? [`${invariant}: ${all.length} times in all`] : []),
    ]),
    ...outages.slice(0, SHOWN),
    ...(outages.length > SHOWN ? [`${outages.length} outages in all`] : []),
  ];
}
