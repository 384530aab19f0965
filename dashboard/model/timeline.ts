/** The history as one timeline: events, and the revisions that are older than the events kept. No I/O. */
import type { HistoryEvent } from '../api/events.ts';
import type { RevisionRow } from '../api/revisions.ts';

export type ConfigEvent = Extract<HistoryEvent, { kind: 'config' }>;
export type PoolEvent = Extract<HistoryEvent, { shard: string }>;
export type AlertEvent = Extract<HistoryEvent, { alert: string }>;
export type RolloutEvent = Extract<HistoryEvent, { route: string }>;
/** An event that is no change of the configuration. */
export type OtherEvent = PoolEvent | AlertEvent | RolloutEvent;

/** One entry; a `revision` entry is a change of the configuration. */
export type Entry =
  | { readonly kind: 'revision'; readonly key: string; readonly at: number; readonly revision: RevisionRow }
  | {
      readonly kind: OtherEvent['kind'];
      readonly key: string;
      readonly at: number;
      readonly event: OtherEvent;
      /** The same happened before, with no return in between; null: it did not. */
      readonly repeats: Repeats | null;
    };

/** How often something happened, and when first (epoch ms). */
export interface Repeats {
  readonly times: number;
  readonly since: number;
}

/** The filter by kind: the value of the URL's `show`, and its label. */
export const SHOWS = {
  changes: 'Changes',
  ejections: 'Ejections and returns',
  probes: 'Probes',
  alerts: 'Alerts',
  rollouts: 'Rollouts',
} as const;
export type Show = keyof typeof SHOWS;

/** The filter that the URL names; null: no filter. */
export const readShow = (text: string | undefined): Show | null =>
  text !== undefined && Object.hasOwn(SHOWS, text) ? (text as Show) : null;

/** The kinds of entries that each filter shows. */
const KINDS: Record<Show, readonly Entry['kind'][]> = {
  changes: ['revision'],
  ejections: [
    'ejected',
    'probe-failed',
    'returned',
    'stalled',
    'cap-reached',
    'pool-out',
    'pool-back',
    'unhealthy',
    'healthy',
  ],
  probes: ['probe'],
  alerts: ['alert-delivered', 'alert-failed', 'alert-dropped'],
  rollouts: [
    'rollout-started',
    'rollout-step',
    'rollout-paused',
    'rollout-resumed',
    'rollout-done',
    'rollout-aborted',
  ],
};

/** All entries, newest first. Revisions whose events are no longer kept have entries too. */
export function timeline(events: readonly HistoryEvent[], revisions: readonly RevisionRow[]): Entry[] {
  const inEvents = new Set(events.map((event) => (event.kind === 'config' ? event.revision : 0)));
  const older = revisions.filter(({ revision }) => !inEvents.has(revision)).map(ofRevision);
  const entries = [...events.map(ofEvent), ...older];
  // Entries of the same time keep their order.
  return folded(entries.sort((a, b) => b.at - a.at));
}

/** What ends a row of repeated events of a backend or a pool. */
const ENDS: ReadonlySet<Entry['kind']> = new Set(['returned', 'healthy', 'pool-back']);

/** One outage ejects a backend again and again: the newest entry stands for those of its kind, back to the last return. */
function folded(entries: readonly Entry[]): Entry[] {
  const result: Entry[] = [];
  /** Indexes in `result`, by backend and then by kind. */
  const open = new Map<string, Map<string, number>>();
  for (const entry of entries) {
    if (entry.kind === 'revision' || !('shard' in entry.event)) {
      result.push(entry);
      continue;
    }
    const { event } = entry;
    const subject = `${event.pool}/${event.backend}`;
    if (ENDS.has(entry.kind)) open.delete(subject);
    const kinds = open.get(subject) ?? new Map<string, number>();
    open.set(subject, kinds);
    const index = ENDS.has(entry.kind) ? undefined : kinds.get(entry.kind);
    const newest = index === undefined ? undefined : result[index];
    if (index === undefined || newest?.kind === 'revision' || !newest) {
      kinds.set(entry.kind, result.length);
      result.push(entry);
    } else
      result[index] = {
        ...newest,
        repeats: { times: (newest.repeats?.times ?? 1) + 1, since: entry.at },
      };
  }
  return result;
}

const ofRevision = (revision: RevisionRow): Entry => ({
  kind: 'revision',
  key: `revision ${revision.revision}`,
  at: revision.at,
  revision,
});

function ofEvent(event: HistoryEvent): Entry {
  if (event.kind !== 'config')
    return { kind: event.kind, key: `event ${event.id}`, at: event.at, event, repeats: null };
  const { revision, at, who, what } = event;
  return ofRevision({ revision, at, who, summary: what });
}

/** Whether a change may have affected a pool: it changed something within the pool, or a part that includes it. */
const touches = (pool: string, { path }: ConfigEvent): boolean =>
  path === '' || path === 'pools' || path === `pools[${pool}]` || path.startsWith(`pools[${pool}].`);

/** The revisions that may have affected a pool, as far as the events say what was changed. */
export const revisionsOf = (pool: string, events: readonly HistoryEvent[]): ReadonlySet<number> =>
  new Set(
    events.flatMap((event) => (event.kind === 'config' && touches(pool, event) ? [event.revision] : [])),
  );

interface TimelineFilter {
  readonly show: Show | null;
  /** A pool, and the revisions that may have affected it. */
  readonly pool: { readonly id: string; readonly revisions: ReadonlySet<number> } | null;
}

/** The entries that match a filter. */
export const filtered = (entries: readonly Entry[], { show, pool }: TimelineFilter): Entry[] =>
  entries.filter(
    (entry) =>
      (show === null || KINDS[show].includes(entry.kind)) &&
      (pool === null ||
        (entry.kind === 'revision'
          ? pool.revisions.has(entry.revision.revision)
          : entry.event.pool === pool.id)),
  );

/** The entries of one day. */
export interface Day {
  /** When it began in the browser's time zone (epoch ms). */
  readonly start: number;
  readonly entries: readonly Entry[];
}

/** The entries by day, in their order. */
export function byDay(entries: readonly Entry[]): Day[] {
  const days = new Map<number, Entry[]>();
  for (const entry of entries) {
    const start = new Date(entry.at).setHours(0, 0, 0, 0);
    const day = days.get(start);
    if (day) day.push(entry);
    else days.set(start, [entry]);
  }
  return [...days].map(([start, list]) => ({ start, entries: list }));
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

/** `Today`, `Yesterday`, `Tuesday, 24 November 2026`. */
export function dayName(start: number, now: number): string {
  const today = new Date(now).setHours(0, 0, 0, 0);
  if (start === today) return 'Today';
  // Not every day has 24 hours.
  if (start === new Date(today - 1).setHours(0, 0, 0, 0)) return 'Yesterday';
  return DAY.format(start);
}

/**
 * The change that deleted a pool which no longer exists; null when the events (newest first) do not say. Events omit
 * long values: such an event counts only if no newer change may have affected the pool.
 */
export function deletionOf(pool: string, events: readonly HistoryEvent[]): ConfigEvent | null {
  let isNewest = true;
  for (const event of events) {
    if (event.kind !== 'config' || !touches(pool, event)) continue;
    const { path, from, to } = event;
    const hasValues = from !== null || to !== null;
    if (!hasValues && isNewest && path === pathOf(pool)) return event;
    if (holds(pool, path, to)) return null;
    if (holds(pool, path, from)) return event;
    isNewest = false;
  }
  return null;
}

const pathOf = (pool: string): string => `pools[${pool}]`;

/** Whether the value at a path contains the pool. */
function holds(pool: string, path: string, value: unknown): boolean {
  const pools = path === '' ? (value as { pools?: unknown } | null)?.pools : value;
  if (path !== '' && path !== 'pools') return path !== pathOf(pool) || value !== null;
  return Array.isArray(pools) && pools.some((item) => item?.id === pool);
}

const ACTORS: Readonly<Record<string, string>> = {
  token: 'the API token',
  session: 'a dashboard session',
  'static configuration': 'the static configuration',
};

/** Who made a change: `a dashboard session`; an identity is its own name. */
export const actorInWords = (who: string): string => ACTORS[who] ?? who;
