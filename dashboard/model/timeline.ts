/** What happened, as one time line: events, and revisions older than the events on record. No I/O. */
import type { HistoryEvent } from '../api/events.ts';
import type { RevisionRow } from '../api/revisions.ts';

export type ConfigEvent = Extract<HistoryEvent, { kind: 'config' }>;
export type PoolEvent = Exclude<HistoryEvent, { kind: 'config' }>;

/** One entry; `revision` entries stand for a change of the configuration. */
export type Entry =
  | { readonly kind: 'revision'; readonly key: string; readonly at: number; readonly revision: RevisionRow }
  | {
      readonly kind: PoolEvent['kind'];
      readonly key: string;
      readonly at: number;
      readonly event: PoolEvent;
    };

/** Which entries are shown: the value of the URL's `show`, and its words. */
export const SHOWS = {
  changes: 'Changes',
  ejections: 'Ejections and returns',
  probes: 'Probes',
} as const;
export type Show = keyof typeof SHOWS;

/** What the URL asks for; null: all of it. */
export const readShow = (text: string | undefined): Show | null =>
  text !== undefined && Object.hasOwn(SHOWS, text) ? (text as Show) : null;

/** The kinds of entries that belong to each. */
const KINDS: Record<Show, readonly Entry['kind'][]> = {
  changes: ['revision'],
  ejections: ['ejected', 'probe-failed', 'returned', 'stalled', 'cap-reached', 'pool-out', 'pool-back'],
  probes: ['probe'],
};

/** Everything, newest first. An event tells of its revision; older revisions have outlived their events. */
export function timeline(events: readonly HistoryEvent[], revisions: readonly RevisionRow[]): Entry[] {
  const told = new Set(events.map((event) => (event.kind === 'config' ? event.revision : 0)));
  const older = revisions.filter(({ revision }) => !told.has(revision)).map(ofRevision);
  const entries = [...events.map(ofEvent), ...older];
  // Equal times keep the order in which they were told.
  return entries.sort((a, b) => b.at - a.at);
}

const ofRevision = (revision: RevisionRow): Entry => ({
  kind: 'revision',
  key: `revision ${revision.revision}`,
  at: revision.at,
  revision,
});

function ofEvent(event: HistoryEvent): Entry {
  if (event.kind !== 'config') return { kind: event.kind, key: `event ${event.id}`, at: event.at, event };
  const { revision, at, who, what } = event;
  return ofRevision({ revision, at, who, summary: what });
}

/** Whether a change may have touched a pool: what it changed lies in the pool, or around it. */
export const touches = (pool: string, { path }: ConfigEvent): boolean =>
  path === '' || path === 'pools' || path === `pools[${pool}]` || path.startsWith(`pools[${pool}].`);

/** The revisions that may have touched a pool, as far as the events tell where the changes lie. */
export const revisionsOf = (pool: string, events: readonly HistoryEvent[]): ReadonlySet<number> =>
  new Set(
    events.flatMap((event) => (event.kind === 'config' && touches(pool, event) ? [event.revision] : [])),
  );

interface Narrowed {
  readonly show: Show | null;
  /** A pool, and the revisions that may have touched it. */
  readonly pool: { readonly id: string; readonly revisions: ReadonlySet<number> } | null;
}

/** The entries that fit. */
export const narrowed = (entries: readonly Entry[], { show, pool }: Narrowed): Entry[] =>
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
  /** Its beginning (epoch ms) where the browser is. */
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
  // A day need not have 24 hours.
  if (start === new Date(today - 1).setHours(0, 0, 0, 0)) return 'Yesterday';
  return DAY.format(start);
}
