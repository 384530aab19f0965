/** One line of the backends table as plain values: what it shows changes only when these do. No I/O. */
import type { BackendConfig } from '../../api/config.ts';
import type { BackendStatus, Pulse } from '../../api/status.ts';
import { count, duration, NONE, percent, perSecond } from '../../model/format.ts';
import { rate, seen } from '../../model/rates.ts';
import { explainSkew, isSkewed } from './shares.ts';
import { standingOf } from './standing.ts';

/** One backend, ready to be shown. */
export interface Row {
  readonly backend: BackendConfig;
  readonly status: BackendStatus | undefined;
  readonly rate: string;
  /** Why the share is not as expected; null while it is, or nothing can be said. */
  readonly skew: string | null;
  /** Of the ejection that lasts. */
  readonly cause: string | null;
}

interface Known {
  readonly backends: readonly BackendConfig[];
  readonly pulse: Pulse | undefined;
  /** By backend id. */
  readonly causes: Readonly<Record<string, string>>;
  /** What moves shares in this pool. */
  readonly reasons: readonly string[];
  /** Since when the shares are expected to be as they are, and now; epoch ms of the server. */
  readonly expectedSince: number;
  readonly now: number;
}

/** All rows in the pool's order. */
export function rowsOf({ backends, pulse, causes, reasons, expectedSince, now }: Known): Row[] {
  const statuses = new Map(pulse?.status.backends.map((status) => [status.id, status]));
  const n = pulse ? seen(pulse.samples, expectedSince) : 0;
  return backends.map((backend) => {
    const status = statuses.get(backend.id);
    const { share = null, expectedShare = null } = status ?? {};
    const skewed = share !== null && expectedShare !== null && isSkewed(share, expectedShare, n);
    return {
      backend,
      status,
      rate: perSecond(pulse ? rate(pulse.samples, now, backend.id) : null),
      skew: skewed ? explainSkew(share, expectedShare, n, reasons) : null,
      cause: status?.ejectedUntil ? (causes[backend.id] ?? null) : null,
    };
  });
}

/** `71.4 / 71.4 %`: observed beside expected. */
export const sharePair = (share: number | null, expected: number | null): string =>
  share === null && expected === null ? NONE : `${percent(share).replace(/ %$/, '')} / ${percent(expected)}`;

/** `21 ms / 60 ms`. */
export const latencyPair = (status: BackendStatus | undefined): string => {
  const { p50 = null, p95 = null } = status?.latencyMs ?? {};
  return p50 === null && p95 === null ? NONE : `${duration(p50)} / ${duration(p95)}`;
};

/** Affinity clients and open WebSockets. */
export const attached = (status: BackendStatus | undefined): string =>
  status ? `${count(status.affinityClients)} / ${count(status.openWebSockets)}` : NONE;

/** All that can be seen of a row, but for what a clock moves. */
const visible = ({ backend, status, rate: perSecond, skew, cause }: Row): string =>
  JSON.stringify([
    perSecond,
    skew,
    cause,
    standingOf(backend, status),
    status?.drain,
    sharePair(status?.share ?? null, status?.expectedShare ?? null),
    status?.failures,
    status?.consecutiveFailures,
    latencyPair(status),
    attached(status),
  ]);

/** The rows with the identity they had where nothing that can be seen has changed: those are not drawn again. */
export const steady = (before: readonly Row[], now: readonly Row[]): readonly Row[] =>
  now.map((row, i) => {
    const old = before[i];
    return old?.backend === row.backend && visible(old) === visible(row) ? old : row;
  });
