/** What is wrong with a pool: its health, and the sentences about it. No I/O. */
import type { PoolStatus } from '../api/status.ts';
import { countdown } from './format.ts';

/** `down`: no backend is available · `ejected`: one or more are, or are unhealthy · `draining` · `well` · `unknown`: no data yet. */
export type Health = 'down' | 'ejected' | 'draining' | 'well' | 'unknown';

/** A pool in one line. */
export interface Summary {
  readonly health: Health;
  readonly available: number;
  readonly total: number;
  readonly ejected: readonly string[];
  readonly unhealthy: readonly string[];
  readonly draining: readonly string[];
  readonly disabled: readonly string[];
}

/** Worst first. */
const ORDER: readonly Health[] = ['down', 'ejected', 'draining', 'unknown', 'well'];

/** A status never changes, and several places on a page need its summary. */
const summaries = new WeakMap<PoolStatus, Summary>();

/** Summarises a pool; undefined: its status is not known yet. */
export function summarise(status: PoolStatus | undefined): Summary {
  if (!status) return summaryOf(undefined);
  const summary = summaries.get(status) ?? summaryOf(status);
  summaries.set(status, summary);
  return summary;
}

function summaryOf(status: PoolStatus | undefined): Summary {
  const backends = status?.backends ?? [];
  const ids = (name: string) => backends.filter((backend) => backend.status === name).map(({ id }) => id);
  const [available, ejected, draining] = [ids('available'), ids('ejected'), ids('draining')];
  const unhealthy = ids('unhealthy');
  return {
    health: status
      ? healthOf(available.length, ejected.length + unhealthy.length, draining.length)
      : 'unknown',
    available: available.length,
    total: backends.length,
    ejected,
    unhealthy,
    draining,
    disabled: ids('disabled'),
  };
}

function healthOf(available: number, out: number, draining: number): Health {
  if (available === 0) return 'down';
  if (out > 0) return 'ejected';
  return draining > 0 ? 'draining' : 'well';
}

/** Whether an operator should look at it. */
export const isProblem = (health: Health): boolean => health === 'down' || health === 'ejected';

/** Sorts problems first and keeps the configured order among equals. */
export const byHealth = (a: Summary, b: Summary): number => ORDER.indexOf(a.health) - ORDER.indexOf(b.health);

const NO_DATA = 'waiting for data';
const NONE_AVAILABLE = 'no backend is available';

/** A pool without a problem; disabled backends are not a problem, but are named. */
const wellInWords = ({ disabled }: Summary): string =>
  disabled.length === 0 ? 'all well' : `all well, ${disabled.join(', ')} disabled`;

/** A pool's state in one sentence, for a list of pools; `now` in epoch ms. */
export function stateInWords(summary: Summary, status: PoolStatus | undefined, now: number): string {
  const { health, ejected, unhealthy, draining } = summary;
  switch (health) {
    case 'down':
      if (unhealthy.length > 0) return `none is left: ${outInWords(summary)}${nextProbe(status, now)}`;
      return ejected.length > 0
        ? `all ejected: ${ejected.join(', ')}${nextProbe(status, now)}`
        : NONE_AVAILABLE;
    case 'ejected':
      return `${outInWords(summary)}${nextProbe(status, now)}`;
    case 'draining':
      return `${draining.join(', ')} draining`;
    case 'unknown':
      return NO_DATA;
    case 'well':
      return wellInWords(summary);
  }
}

/** `b unhealthy, c ejected`. */
const outInWords = ({ unhealthy, ejected }: Summary): string =>
  [
    ...(unhealthy.length > 0 ? [`${unhealthy.join(', ')} unhealthy`] : []),
    ...(ejected.length > 0 ? [`${ejected.join(', ')} ejected`] : []),
  ].join(', ');

/** When the next ejected backend is probed. */
function nextProbe(status: PoolStatus | undefined, now: number): string {
  const ends = (status?.backends ?? [])
    .filter((backend) => backend.status === 'ejected')
    .flatMap(({ ejectedUntil }) => ejectedUntil ?? []);
  if (ends.length === 0) return '';
  return ` · ${ends.length > 1 ? 'next ' : ''}${probeIn(Math.min(...ends), now)}`;
}

/** `probe in 12 s`; once that time is over the next suitable request is the probe. Both in epoch ms. */
export const probeIn = (until: number, now: number): string =>
  until > now ? `probe in ${countdown(until, now)}` : 'probe due';

/** A pool's worst problem with its cause, for the pool's own page; `now` in epoch ms. */
export function worstProblem(
  status: PoolStatus | undefined,
  causes: Readonly<Record<string, string>>,
  now: number,
): string {
  const summary = summarise(status);
  const { health, ejected, unhealthy, draining, available } = summary;
  if (health === 'unknown') return NO_DATA;
  if (unhealthy.length > 0) return outInWords(summary);
  const [first] = ejected;
  if (first !== undefined) {
    const until = status?.backends.find(({ id }) => id === first)?.ejectedUntil ?? now;
    const cause = causes[first] ? `: ${causes[first]}` : '';
    const more = ejected.length > 1 ? `, and ${ejected.length - 1} more` : '';
    return `${first} ejected, ${probeIn(until, now)}${cause}${more}`;
  }
  if (available === 0) return NONE_AVAILABLE;
  return draining.length > 0 ? `${draining.join(', ')} draining` : wellInWords(summary);
}
