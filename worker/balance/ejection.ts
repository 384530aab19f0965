/** Passive failure tracking: when a backend is ejected, for how long, who probes, when it returns. No I/O. */
import { standing } from './available.ts';
import { isFinal } from './retry.ts';
import type { Member, Outcome } from './types.ts';

/** The pool's settings; durations in ms. */
export interface EjectionSettings {
  readonly failures: number;
  readonly windowMs: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly maxEjectedPercent: number;
  readonly failureStatuses: readonly number[];
}

/** What the balancer has found out about one backend. Times are epoch ms, 0 = never or not now. */
export interface Health {
  consecutiveFailures: number;
  /** When the present run of failures began. */
  failingSince: number;
  /** Not 0: ejected. Past: due for a probe, still ejected until the probe succeeds. */
  ejectedUntil: number;
  /** Ejections in a row; a success ends the row. */
  ejections: number;
  /** A probe is under way; another may be given after this time. */
  probingUntil: number;
  /** When it last came back, for slow start. */
  backSince: number;
  /** The last success. */
  succeededAt: number;
}

/** A backend about which nothing bad is known. */
export const newHealth = (): Health => ({
  consecutiveFailures: 0,
  failingSince: 0,
  ejectedUntil: 0,
  ejections: 0,
  probingUntil: 0,
  backSince: 0,
  succeededAt: 0,
});

/** What an outcome changed: `ejected` and `returned` are flips worth telling. */
export type Flip = 'none' | 'ejected' | 'returned';

/**
 * Whether an outcome counts against the backend: it was not reached, ran out of time, or answered a failure status or none
 * that can be passed on.
 * A WebSocket handshake that the application refused does not count; the platform's own 52x and 530 still do.
 */
export function isFailure(outcome: Outcome, failureStatuses: readonly number[], upgrade: boolean): boolean {
  if (outcome.kind === 'connect-failure' || outcome.kind === 'timeout') return true;
  if (outcome.status === undefined || outcome.kind === 'client-closed') return false;
  if (!isFinal(outcome.status, upgrade)) return true;
  if (upgrade && outcome.status < 520) return false;
  return failureStatuses.includes(outcome.status);
}

/** Records a success at backend `index`: ends the row of failures, and of ejections when it was the probe's. */
export function recordSuccess(health: Health, now: number): Flip {
  health.consecutiveFailures = 0;
  health.failingSince = 0;
  health.probingUntil = 0;
  health.succeededAt = now;
  if (health.ejectedUntil === 0) return 'none';
  // A reply that was under way when the ejection began proves nothing; only one after its end does.
  if (now < health.ejectedUntil) return 'none';
  health.ejectedUntil = 0;
  health.ejections = 0;
  health.backSince = now;
  return 'returned';
}

/** Records a failure at backend `index`; ejects when the row is long enough and the cap allows. */
export function recordFailure(
  members: readonly Member[],
  healths: readonly Health[],
  index: number,
  settings: EjectionSettings,
  now: number,
): Flip {
  const health = healths[index]!;
  if (health.ejectedUntil !== 0) {
    health.consecutiveFailures++;
    if (now < health.ejectedUntil) return 'none';
    return eject(health, settings, now);
  }
  if (health.consecutiveFailures === 0 || now - health.failingSince > settings.windowMs) {
    health.consecutiveFailures = 0;
    health.failingSince = now;
  }
  health.consecutiveFailures++;
  if (health.consecutiveFailures < settings.failures) return 'none';
  if (!mayEject(members, healths, index, settings.maxEjectedPercent)) return 'none';
  return eject(health, settings, now);
}

function eject(health: Health, settings: EjectionSettings, now: number): Flip {
  health.ejections++;
  health.ejectedUntil = now + Math.min(settings.baseMs * health.ejections, settings.maxMs);
  health.probingUntil = 0;
  return 'ejected';
}

/**
 * The cap: one may always go and one always stays, else at most `maxEjectedPercent` of the backends that take new
 * requests. Where a higher tier stands ready, a tier may go whole: holding a dead one back would keep the backup idle.
 */
export function mayEject(
  members: readonly Member[],
  healths: readonly Health[],
  index: number,
  maxEjectedPercent: number,
): boolean {
  const tier = members[index]!.tier;
  let all = 0;
  let ejected = 0;
  let standby = false;
  members.forEach((member, i) => {
    if (standing(member, false) !== 'available') return;
    all++;
    if (healths[i]!.ejectedUntil !== 0) ejected++;
    else if (member.tier > tier) standby = true;
  });
  if (all - ejected <= 1) return false;
  return standby || ejected + 1 <= Math.max(1, Math.floor((all * maxEjectedPercent) / 100));
}

/** Whether backend `index` is due for its probe: the ejection is over and no other probe is under way. */
export function probeDue(health: Health, now: number): boolean {
  return health.ejectedUntil !== 0 && now >= health.ejectedUntil && now >= health.probingUntil;
}
