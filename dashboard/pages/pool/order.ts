/** Which backends the table shows, and in which order: problems first, or by a column. No I/O. */
import type { BackendConfig } from '../../api/config.ts';
import type { BackendStatus } from '../../api/status.ts';
import { standingOf } from './standing.ts';

/** The states that the list can be narrowed to, and their labels. */
export const SHOWS = {
  problems: 'Problems',
  available: 'Available',
  standby: 'Standby',
  draining: 'Draining',
  disabled: 'Disabled',
} as const;
export type Show = keyof typeof SHOWS;

/** What the list can be sorted by; `problems`: by how bad the state is. */
export const SORTS = [
  'problems',
  'name',
  'weight',
  'rate',
  'share',
  'failures',
  'errors',
  'latency',
  'clients',
] as const;
export type Sort = (typeof SORTS)[number];

/** How the operator wants to see the list. */
export interface View {
  readonly find: string;
  readonly show: Show | null;
  readonly sort: Sort;
  /** Largest first. */
  readonly isDown: boolean;
}

/** Reads the view of a URL: `-rate` is by rate, largest first. What it does not know is left out. */
export function readView({
  find,
  show,
  sort,
}: {
  readonly find?: string;
  readonly show?: string;
  readonly sort?: string;
}): View {
  const name = sort?.replace(/^-/, '');
  return {
    find: find?.trim().toLowerCase() ?? '',
    show: show !== undefined && Object.hasOwn(SHOWS, show) ? (show as Show) : null,
    sort: SORTS.find((one) => one === name) ?? 'problems',
    isDown: sort?.startsWith('-') ?? false,
  };
}

/** What is known of a backend. */
export interface Known {
  readonly backend: BackendConfig;
  readonly status: BackendStatus | undefined;
}

/** The group of a backend; a draining or disabled one is in its own, whatever the balancer found. */
export function groupOf({ backend, status }: Known): Show {
  const { tone, word } = standingOf(backend, status);
  if (tone === 'bad') return 'problems';
  if (word === 'draining' || word === 'disabled' || word === 'available') return word;
  return 'standby';
}

/** Worst first. */
const RANK: Readonly<Record<Show, number>> = {
  problems: 0,
  draining: 1,
  available: 2,
  standby: 3,
  disabled: 4,
};

/** How many backends each group has. */
export function countGroups(all: readonly Known[]): Record<Show, number> {
  const counts: Record<Show, number> = { problems: 0, available: 0, standby: 0, draining: 0, disabled: 0 };
  for (const known of all) counts[groupOf(known)]++;
  return counts;
}

/** A figure to sort by; unknown ones come last in either direction. */
function figureOf(
  { backend, status }: Known,
  sort: Sort,
  rateOf: (id: string) => number | null,
): number | null {
  switch (sort) {
    case 'weight':
      return backend.weight;
    case 'rate':
      return rateOf(backend.id);
    case 'share':
      return status?.share ?? null;
    case 'failures':
      return status?.failures ?? null;
    case 'errors':
      return status?.responses['5xx'] ?? null;
    case 'latency':
      return status?.latencyMs.p95 ?? null;
    case 'clients':
      return status ? status.affinityClients + status.openWebSockets : null;
    default:
      return null;
  }
}

/** Ids as people count: `b2` before `b10`. */
const byName = new Intl.Collator('en', { numeric: true });

/** The backends of a view, in its order; equal ones keep that of the configuration. */
export function ordered(all: readonly Known[], view: View, rateOf: (id: string) => number | null): Known[] {
  const { find, show, sort, isDown } = view;
  const shown = all.filter(
    (known) =>
      (show === null || groupOf(known) === show) &&
      (find === '' ||
        `${known.backend.id}\n${known.backend.url ?? known.backend.binding}`.toLowerCase().includes(find)),
  );
  const sign = isDown ? -1 : 1;
  if (sort === 'name') return shown.sort((a, b) => sign * byName.compare(a.backend.id, b.backend.id));
  const figures = new Map(
    shown.map((known) => [known, sort === 'problems' ? RANK[groupOf(known)] : figureOf(known, sort, rateOf)]),
  );
  return shown.sort((a, b) => {
    const [x, y] = [figures.get(a) ?? null, figures.get(b) ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}
