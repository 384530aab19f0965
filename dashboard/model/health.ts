/** A pool's health, as the API judges it by what clients get, and the sentences about it. No I/O. */
import type { PoolStatus } from '../api/status.ts';
import { clockWithZone, count, countdown, duration, plural } from './format.ts';

/** The API's states, worst first; `unknown`: no data yet. */
export type Health = 'down' | 'failing' | 'degraded' | 'reduced' | 'unknown' | 'ok';

/** Worst first. */
const ORDER: readonly Health[] = ['down', 'failing', 'degraded', 'unknown', 'reduced', 'ok'];

/** Each state as a word. */
export const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  down: 'down',
  failing: 'failing',
  degraded: 'degraded',
  reduced: 'reduced',
  ok: 'OK',
  unknown: 'waiting for data',
};

/** A pool in one line. */
export interface Summary {
  readonly health: Health;
  /** Since when it is so (epoch ms); null: not known. */
  readonly since: number | null;
  /** In the API's words; empty where nothing is wrong. */
  readonly why: string;
  /** Backends that take new requests; those on standby are counted apart. */
  readonly available: number;
  readonly standby: number;
  readonly total: number;
}

/** A status never changes, and several places on a page need its summary. */
const summaries = new WeakMap<PoolStatus, Summary>();

const UNKNOWN: Summary = { health: 'unknown', since: null, why: '', available: 0, standby: 0, total: 0 };

/** Summarises a pool; undefined: its status is not known yet. */
export function summarise(status: PoolStatus | undefined): Summary {
  if (!status) return UNKNOWN;
  const summary = summaries.get(status) ?? summaryOf(status);
  summaries.set(status, summary);
  return summary;
}

function summaryOf({ health, backends }: PoolStatus): Summary {
  let [available, standby] = [0, 0];
  for (const { status } of backends) {
    if (status === 'available') available++;
    if (status === 'standby') standby++;
  }
  return {
    health: health.state,
    since: health.since,
    why: health.why,
    available,
    standby,
    total: backends.length,
  };
}

/** Whether an operator should look at it. */
export const isProblem = (health: Health): boolean =>
  health === 'down' || health === 'failing' || health === 'degraded';

/** Sorts problems first and keeps the configured order among equals. */
export const byHealth = (a: Summary, b: Summary): number => ORDER.indexOf(a.health) - ORDER.indexOf(b.health);

/** `2 of 3 available`, `2 of 3 available, 1 on standby`. */
export function availability({ available, standby, total, health }: Summary): string {
  if (health === 'unknown') return '–';
  const spare = standby > 0 ? `, ${standby} on standby` : '';
  return `${count(available)} of ${count(total)} available${spare}`;
}

/** What is wrong in the API's words; `OK` where nothing is. */
export function reasonOf({ health, why }: Summary): string {
  return why === '' ? HEALTH_WORDS[health] : why;
}

/** `since 04:55:41 CET, for 2 min`; empty where nothing is wrong or it is not known. `now` in epoch ms. */
export function sinceInWords({ health, since }: Summary, now: number): string {
  if (since === null || health === 'ok' || health === 'unknown') return '';
  return `since ${clockWithZone(since)}, for ${lasted(now - since)}`;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** How long something has lasted, in whole seconds, because the clock ticks once per second. */
export function lasted(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / SECOND_MS);
  return ms < MINUTE_MS ? `${seconds} s` : duration(ms);
}

/** What an outage has cost: `321 requests failed, 12 saved by a retry`. */
export const costInWords = (failed: number, saved: number): string =>
  `${plural(failed, 'request')} failed${saved > 0 ? `, ${count(saved)} saved by a retry` : ''}`;

/** When the next ejected backend is probed; empty if none is ejected. `now` in epoch ms. */
export function nextProbe(status: PoolStatus | undefined, now: number): string {
  const ends = (status?.backends ?? []).flatMap(({ ejectedUntil }) => ejectedUntil ?? []);
  if (ends.length === 0) return '';
  return `${ends.length > 1 ? 'next ' : ''}${probeIn(Math.min(...ends), now)}`;
}

/** `probe in 12 s`; once that time is over the next suitable request is the probe. Both in epoch ms. */
export const probeIn = (until: number, now: number): string =>
  until > now ? `probe in ${countdown(until, now)}` : 'probe due';

/** What is wrong with the deployment, for the tab's title: `(2) shop down, api failing`; empty where nothing is. */
export function problemsTitle(problems: readonly { readonly id: string; readonly health: Health }[]): string {
  const [worst] = problems;
  if (!worst) return '';
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return `(${problems.length}) ${worst.id} ${HEALTH_WORDS[worst.health]}${more}`;
}
