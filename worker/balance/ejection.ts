/** Passive failure tracking: when a backend is ejected and for how long, what its probe is, when it returns. No I/O. */
import { isOut, takesNew, type Verdict } from './available.ts';
import { isFinal } from './retry.ts';
import type { Member, Outcome } from './types.ts';

/** The pool's settings; durations in ms. */
export interface EjectionSettings {
  /** Failures in a row that eject, however far apart. */
  readonly failures: number;
  /** Or this share of at least `minRequests` attempts within `windowMs`; 0: never. */
  readonly failurePercent: number;
  readonly minRequests: number;
  readonly windowMs: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly maxEjectedPercent: number;
  readonly failureStatuses: readonly number[];
}

/** What the balancer has observed of one backend. Times are epoch ms; 0: never, or not now. */
export interface Health {
  consecutiveFailures: number;
  /** Attempts and failures in the running half of the window and in the half before it, which began at `windowAt`. */
  windowAt: number;
  attempts: [running: number, before: number];
  failures: [running: number, before: number];
  /** The latest time that a `Retry-After` named in the present row of failures. */
  retryAt: number;
  /** Not 0: ejected. Past: due for a probe, still ejected until the probe succeeds. */
  ejectedUntil: number;
  /** When its ejection began, or was prolonged by a failed probe. */
  ejectedAt: number;
  /** The cap keeps the backend in: it counts as failing, not as ejected, and is probed all the same. */
  capped: boolean;
  /** Ejections in a row; a success ends the row. */
  ejections: number;
  /** A probe is under way; another may be sent after this time. */
  probingUntil: number;
  /** When it last came back, for slow start. */
  backSince: number;
  /** The last success. */
  succeededAt: number;
  /** The verdict of the health checks, which lasts longer than an ejection does. */
  unhealthy: boolean;
  /** A health check ended its last ejection, and no request has succeeded since. */
  backByCheck: boolean;
}

/** The health of a backend without failures. */
export const newHealth = (): Health => ({
  consecutiveFailures: 0,
  windowAt: 0,
  attempts: [0, 0],
  failures: [0, 0],
  retryAt: 0,
  ejectedUntil: 0,
  ejectedAt: 0,
  capped: false,
  ejections: 0,
  probingUntil: 0,
  backSince: 0,
  succeededAt: 0,
  unhealthy: false,
  backByCheck: false,
});

/** The verdict on a backend, by its failures and its health checks. */
export const verdictOf = ({ ejectedUntil, capped, unhealthy }: Health): Verdict =>
  unhealthy ? 'unhealthy' : ejectedUntil === 0 ? 'available' : capped ? 'failing' : 'ejected';

/** A pool as failure tracking sees it; members and healths are in the same order. */
export interface Tracked {
  readonly members: readonly Member[];
  readonly healths: readonly Health[];
  readonly settings: EjectionSettings;
  /** When every backend is out the pool uses all of them (`whenUnavailable` is `fail-open`). */
  readonly failsOpen: boolean;
}

/** One attempt as failure tracking sees it. */
export interface Seen {
  readonly failed: boolean;
  /**
   * What the sender knew of the backend when the attempt began. `probe`: ejected, and this attempt is its probe.
   * `out`: ejected, but used all the same. `in`: not ejected, so the attempt says nothing about an ejection that began
   * since.
   */
  readonly sentAs: 'in' | 'out' | 'probe';
  /** When the attempt began, epoch ms. */
  readonly beganAt: number;
  /** The `Retry-After` of a failed response, in ms from now; 0: none. */
  readonly retryAfterMs: number;
}

/**
 * What an attempt changed. `cap-reached`: the backend would be ejected, but the cap keeps it in.
 * `probe-failed`: it stays ejected, for longer.
 */
export type Change = 'none' | 'ejected' | 'returned' | 'probe-failed' | 'cap-reached';

/**
 * Whether an outcome counts against the backend: it was not reached, missed its deadline, stalled, sent a status that ends
 * no exchange, or a failure status. A WebSocket handshake that the application refused does not count; the platform's own
 * 52x and 530 do.
 */
export function isFailure(outcome: Outcome, failureStatuses: readonly number[], upgrade: boolean): boolean {
  const { kind, status } = outcome;
  if (kind === 'connect-failure' || kind === 'timeout' || kind === 'stalled') return true;
  if (kind === 'client-closed' || status === undefined) return false;
  if (!isFinal(status, upgrade)) return true;
  if (upgrade && status < 520) return false;
  return failureStatuses.includes(status);
}

/**
 * Records how an attempt at the backend `index` ended. Returns what it changed. A failed attempt that began before the
 * backend came back is of the outage that is over: it counts for nothing. `now` is epoch ms.
 */
export function recordAttempt(pool: Tracked, index: number, seen: Seen, now: number): Change {
  const health = pool.healths[index]!;
  if (seen.failed && seen.beganAt < health.backSince) return 'none';
  rollWindow(health, pool.settings.windowMs, now);
  health.attempts[0]++;
  if (seen.failed) health.failures[0]++;
  return seen.failed ? recordFailure(pool, index, seen, now) : recordSuccess(pool, health, seen.sentAs, now);
}

function recordSuccess(pool: Tracked, health: Health, sentAs: Seen['sentAs'], now: number): Change {
  health.consecutiveFailures = 0;
  health.retryAt = 0;
  health.succeededAt = now;
  health.backByCheck = false;
  if (health.ejectedUntil === 0 || sentAs === 'in') return 'none';
  if (sentAs === 'probe') health.probingUntil = 0;
  const ends =
    sentAs === 'probe' ||
    (health.capped ? !isTripped(health, pool.settings) : pool.failsOpen && isPoolOut(pool));
  if (!ends) return 'none';
  bringBack(health, now);
  return 'returned';
}

function recordFailure(pool: Tracked, index: number, seen: Seen, now: number): Change {
  const health = pool.healths[index]!;
  health.consecutiveFailures++;
  if (seen.retryAfterMs > 0) health.retryAt = Math.max(health.retryAt, now + seen.retryAfterMs);
  if (health.ejectedUntil === 0) {
    if (!isTripped(health, pool.settings)) return 'none';
    eject(pool, index, now);
    return health.capped ? 'cap-reached' : 'ejected';
  }
  const isProbe = seen.sentAs === 'probe' || (seen.sentAs === 'out' && now >= health.ejectedUntil);
  if (!isProbe) return 'none';
  const wasCapped = health.capped;
  eject(pool, index, now);
  if (wasCapped) return health.capped ? 'none' : 'ejected';
  return 'probe-failed';
}

/** Ends an ejection: the backend is in again, unless it is unhealthy, with a clean record. `now` is epoch ms. */
export function bringBack(health: Health, now: number): void {
  const { succeededAt, unhealthy } = health;
  Object.assign(health, newHealth(), { backSince: now, succeededAt, unhealthy });
}

/**
 * Lets a health check that began at `begunAt` and has succeeded end an ejection, and returns whether it did. It does not when
 * a check ended the one before and no request has succeeded since: requests see a fault there that checks do not see, and
 * only a probe can tell. Times are epoch ms.
 */
export function returnByCheck(health: Health, begunAt: number, now: number): boolean {
  if (health.ejectedUntil === 0 || health.unhealthy) return false;
  if (health.backByCheck || begunAt < health.ejectedAt) return false;
  bringBack(health, now);
  health.backByCheck = true;
  return true;
}

/** Whether a backend has enough failures to be ejected: in a row, or as a share of its recent attempts. */
function isTripped(health: Health, { failures, failurePercent, minRequests }: EjectionSettings): boolean {
  if (health.consecutiveFailures >= failures) return true;
  const attempts = health.attempts[0] + health.attempts[1];
  const failed = health.failures[0] + health.failures[1];
  return failurePercent > 0 && attempts >= minRequests && failed * 100 >= attempts * failurePercent;
}

/** Whether no backend of the pool is in, for whatever reason. */
const isPoolOut = ({ members, healths }: Tracked): boolean =>
  members.every((member, i) => !takesNew(member) || isOut(verdictOf(healths[i]!)));

function eject(pool: Tracked, index: number, now: number): void {
  const { baseMs, maxMs } = pool.settings;
  const health = pool.healths[index]!;
  health.capped = !mayEject(pool, index);
  health.ejections++;
  const ownMs = Math.min(baseMs * health.ejections, maxMs);
  const askedMs = Math.min(health.retryAt - now, maxMs);
  health.ejectedUntil = now + Math.max(ownMs, askedMs);
  health.ejectedAt = now;
  health.probingUntil = 0;
}

/** The cap: at most `maxEjectedPercent` of the backends that take new requests may be out, but always one. */
function mayEject({ members, healths, settings }: Tracked, index: number): boolean {
  let all = 0;
  let out = 0;
  members.forEach((member, i) => {
    if (!takesNew(member)) return;
    all++;
    if (i !== index && isOut(verdictOf(healths[i]!))) out++;
  });
  return out + 1 <= Math.max(1, Math.floor((all * settings.maxEjectedPercent) / 100));
}

/**
 * Whether a backend is due for its probe: its time is over and no other probe is under way. A probe of an unhealthy one
 * would risk a request and bring nothing back.
 */
export function isProbeDue({ ejectedUntil, probingUntil, unhealthy }: Health, now: number): boolean {
  return ejectedUntil !== 0 && !unhealthy && now >= ejectedUntil && now >= probingUntil;
}

/** Rolls two half-windows: together they cover between half a window and a whole one. */
function rollWindow(health: Health, windowMs: number, now: number): void {
  const half = windowMs / 2;
  const passed = now - health.windowAt;
  if (passed < half) return;
  const recent = passed < 2 * half;
  health.attempts = [0, recent ? health.attempts[0] : 0];
  health.failures = [0, recent ? health.failures[0] : 0];
  health.windowAt = recent ? health.windowAt + half : now;
}

/** Reads a `Retry-After` (RFC 9110, 10.2.3: seconds or a date) as ms from `now`; 0 when there is none. */
export function readRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const at = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
