/** One line of the backends table as plain values: what it shows changes only when these do. No I/O. */
import type { BackendConfig } from '../../api/config.ts';
import type { BackendStatus, Pulse } from '../../api/status.ts';
import { count, duration, NONE, percent, perSecond } from '../../model/format.ts';
import { rate, seen } from '../../model/rates.ts';
import { explainSkew, isSkewed } from './shares.ts';

/** One backend, ready to be shown. */
export interface Row {
  readonly backend: BackendConfig;
  readonly status: BackendStatus | undefined;
  readonly rate: string;
  /** `71.4 / 71.4 %`: observed beside expected. */
  readonly share: string;
  /** `21 ms / 60 ms`. */
  readonly latency: string;
  /** Affinity clients and open WebSockets. */
  readonly attached: string;
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
      share: sharePair(share, expectedShare),
      latency: latencyPair(status),
      attached: attached(status),
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

/** Whether two rows look the same, but for what a clock moves. */
const isSame = (a: Row, b: Row): boolean =>
  a.backend === b.backend &&
  a.rate === b.rate &&
  a.share === b.share &&
  a.latency === b.latency &&
  a.attached === b.attached &&
  a.skew === b.skew &&
  a.cause === b.cause &&
  a.status?.status === b.status?.status &&
  a.status?.ejectedUntil === b.status?.ejectedUntil &&
  a.status?.failures === b.status?.failures &&
  a.status?.consecutiveFailures === b.status?.consecutiveFailures &&
  JSON.stringify(a.status?.drain) === JSON.stringify(b.status?.drain);

/** The rows with the identity they had where nothing that can be seen has changed: those are not drawn again. */
export const steady = (before: readonly Row[], now: readonly Row[]): readonly Row[] =>
  now.map((row, i) => {
    const old = before[i];
    return old && isSame(old, row) ? old : row;
  });
