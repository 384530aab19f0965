/** What is wrong with a pool, in the order in which it matters. No I/O. */
import type { PoolStatus } from '../api/status.ts';

/** `down`: nobody takes requests · `ejected`: somebody is out · `draining` · `well` · `unknown`: not heard of yet. */
export type Health = 'down' | 'ejected' | 'draining' | 'well' | 'unknown';

/** A pool in one line. */
export interface Summary {
  readonly health: Health;
  readonly available: number;
  /** Those that the operator lets take requests: active, with weight. */
  readonly meant: number;
  readonly total: number;
  readonly ejected: readonly string[];
  readonly draining: readonly string[];
  readonly disabled: readonly string[];
}

/** Worse first. */
const ORDER: readonly Health[] = ['down', 'ejected', 'draining', 'unknown', 'well'];

/** A status never changes, and several places of a page ask how it sums up. */
const known = new WeakMap<PoolStatus, Summary>();

/** Sums a pool up. A backend that stands by for a lower tier counts as meant only when nothing else is available. */
export function summarise(status: PoolStatus | undefined): Summary {
  if (!status) return summed(undefined);
  const summary = known.get(status) ?? summed(status);
  known.set(status, summary);
  return summary;
}

function summed(status: PoolStatus | undefined): Summary {
  const backends = status?.backends ?? [];
  const ids = (name: string) => backends.filter((backend) => backend.status === name).map(({ id }) => id);
  const [available, ejected, draining] = [ids('available'), ids('ejected'), ids('draining')];
  const meant = available.length + ejected.length;
  return {
    health: status ? healthOf(available.length, ejected.length, draining.length) : 'unknown',
    available: available.length,
    meant,
    total: backends.length,
    ejected,
    draining,
    disabled: ids('disabled'),
  };
}

function healthOf(available: number, ejected: number, draining: number): Health {
  if (available === 0) return 'down';
  if (ejected > 0) return 'ejected';
  return draining > 0 ? 'draining' : 'well';
}

/** A pool without a problem in words: who is disabled takes part in nothing, and is told all the same. */
export const wellInWords = ({ disabled }: Summary): string =>
  disabled.length === 0 ? 'all well' : `all well, ${disabled.join(', ')} disabled`;

/** Whether this is a problem that somebody should look at. */
export const isProblem = (health: Health): boolean => health === 'down' || health === 'ejected';

/** Sorts problems first and keeps the configured order among equals. */
export const byHealth = (a: Summary, b: Summary): number => ORDER.indexOf(a.health) - ORDER.indexOf(b.health);
