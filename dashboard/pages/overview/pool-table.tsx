/** Many pools as a dense table: problems first, or by a column. */
import { Input } from '@cloudflare/kumo/components/input';
import { CaretDownIcon, CaretUpIcon } from '@phosphor-icons/react';
import { Link } from '@tanstack/react-router';
import { memo, useContext, useMemo, useRef, useState } from 'react';
import { Card } from '../../components/card.tsx';
import { ExportMenu } from '../../components/export-menu.tsx';
import { HealthState, healthText } from '../../components/state.tsx';
import { useVisibleRows } from '../../components/use-visible-rows.ts';
import { useFigure } from '../../live/use-live.ts';
import type { Line } from '../../model/export.ts';
import { clockWithZone, duration, percent, perSecond, plural } from '../../model/format.ts';
import { availability, lasted, type Summary } from '../../model/health.ts';
import { Figures, type PoolFigures, poolFigures } from './figures.ts';

/** A pool with its figures. */
interface Row {
  readonly id: string;
  readonly figures: PoolFigures;
}

interface Column {
  readonly name: string;
  readonly over?: string;
  readonly className: string;
  /** The figure to sort by; left out: the column does not sort. */
  readonly by?: (row: Row) => number | null;
}

const COLUMNS: readonly Column[] = [
  { name: 'Pool', className: 'w-[18%] pl-4' },
  { name: 'Health', className: '' },
  { name: 'Since', className: 'w-44', by: ({ figures: { summary } }) => summary.since },
  { name: 'Req/s', over: '10 s', className: 'w-24 text-right', by: ({ figures }) => figures.rate },
  {
    name: 'Failed',
    over: '5xx, last minute',
    className: 'w-32 text-right',
    by: ({ figures }) => figures.share,
  },
  { name: 'p95', over: '1–2 min', className: 'w-24 text-right', by: ({ figures }) => figures.p95 },
  {
    name: 'Backends',
    over: 'available',
    className: 'w-44 pr-4 text-right',
    by: ({ figures: { summary } }) => (summary.total > 0 ? summary.available / summary.total : null),
  },
];

/** The height of a row. */
const ROW_PX = 40;

interface PoolTableProps {
  /** Problems first. */
  readonly ids: readonly string[];
}

/** The table. */
export function PoolTable({ ids }: PoolTableProps) {
  const context = useContext(Figures);
  const now = useFigure((time) => time);
  const [find, setFind] = useState('');
  const [sort, setSort] = useState<{ readonly name: string; readonly isDown: boolean } | null>(null);
  const rows = useMemo(() => {
    const text = find.trim().toLowerCase();
    const all = ids
      .filter((id) => id.includes(text))
      .map((id): Row => ({ id, figures: poolFigures(context, id, now) }));
    const by = COLUMNS.find(({ name }) => name === sort?.name)?.by;
    return by && sort ? all.sort((a, b) => compare(by(a), by(b), sort.isDown)) : all;
  }, [ids, context, now, find, sort]);
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to } = useVisibleRows(body, rows.length, ROW_PX);
  const next = (name: string) =>
    setSort((was) =>
      was?.name !== name ? { name, isDown: true } : was.isDown ? { name, isDown: false } : null,
    );
  return (
    <Card
      title="Pools"
      actions={
        <>
          <span className="text-kumo-subtle" role="status">
            {rows.length < ids.length ? `${rows.length} of ` : ''}
            {plural(ids.length, 'pool')}
          </span>
          <Input
            type="search"
            size="sm"
            aria-label="Filter pools"
            placeholder="Filter"
            value={find}
            onValueChange={(text: string) => setFind(text)}
            className="w-40"
          />
          <ExportMenu name="pools" lines={() => rows.map(lineOf)} />
        </>
      }
    >
      <table
        aria-label="Pools"
        aria-rowcount={rows.length + 1}
        className="mt-2 w-full table-fixed border-collapse"
      >
        <thead className="sticky top-0 z-10 bg-kumo-base shadow-[inset_0_-1px_0_var(--color-kumo-line)] max-md:hidden">
          <tr className="text-left align-bottom text-kumo-subtle">
            {COLUMNS.map((column) => (
              <Heading key={column.name} column={column} sort={sort} onSort={next} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {from > 0 && (
            <tr>
              <td style={{ height: from * ROW_PX }} />
            </tr>
          )}
          {rows.slice(from, to).map(({ id, figures }, i) => (
            <PoolRow key={id} id={id} index={from + i + 2} {...shownOf(figures, now)} />
          ))}
          {rows.length > to && (
            <tr>
              <td style={{ height: (rows.length - to) * ROW_PX }} />
            </tr>
          )}
        </tbody>
      </table>
      {rows.length === 0 && <p className="p-4 text-kumo-subtle">No pool matches the filter.</p>}
    </Card>
  );
}

/** Unknown figures come last in either direction. */
const compare = (a: number | null, b: number | null, isDown: boolean): number =>
  a === null || b === null ? Number(a === null) - Number(b === null) : isDown ? b - a : a - b;

interface HeadingProps {
  readonly column: Column;
  readonly sort: { readonly name: string; readonly isDown: boolean } | null;
  readonly onSort: (name: string) => void;
}

function Heading({ column: { name, over, className, by }, sort, onSort }: HeadingProps) {
  const isSorted = sort?.name === name;
  const Arrow = sort?.isDown ? CaretDownIcon : CaretUpIcon;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (sort.isDown ? 'descending' : 'ascending') : undefined}
      className={`px-2 py-2 font-normal ${className}`}
    >
      {by ? (
        <button
          type="button"
          onClick={() => onSort(name)}
          className="-mx-1 rounded px-1 hover:bg-kumo-tint hover:text-kumo-default"
        >
          {name}
          {isSorted && <Arrow aria-hidden="true" className="ml-1 inline" />}
        </button>
      ) : (
        name
      )}
      {over && <span className="block text-xs">{over}</span>}
    </th>
  );
}

/** A row as text: it is drawn again only when one of these changes. */
const shownOf = ({ summary, rate, failed, share, p95, cost, isRouteless }: PoolFigures, now: number) => ({
  health: summary.health,
  why: [summary.why, cost, isRouteless ? 'no route leads here' : ''].filter(Boolean).join(' · '),
  since:
    summary.since === null || summary.health === 'ok' || summary.health === 'unknown'
      ? '–'
      : `${clockWithZone(summary.since)}, ${lasted(now - summary.since)}`,
  rate: perSecond(rate),
  share: percent(share),
  hasFailed: failed > 0,
  p95: duration(p95),
  available: summary.total > 0 ? availability(summary).replace(' available', '') : '–',
});

interface PoolRowProps extends ReturnType<typeof shownOf> {
  readonly id: string;
  readonly index: number;
}

const PoolRow = memo(function PoolRow({
  id,
  index,
  health,
  why,
  since,
  rate,
  share,
  hasFailed,
  p95,
  available,
}: PoolRowProps) {
  return (
    <tr className="border-t border-kumo-line" style={{ height: ROW_PX }} aria-rowindex={index}>
      <th scope="row" className="truncate px-2 pl-4 text-left font-normal">
        <Link
          to="/pools/$pool"
          params={{ pool: id }}
          title={id}
          className="font-medium text-kumo-default hover:underline"
        >
          {id}
        </Link>
      </th>
      <td className="truncate px-2" title={why}>
        <HealthState health={health} />
        <span className={`ml-2 max-md:hidden ${healthText(health)}`}>{why}</span>
      </td>
      <td className="truncate px-2 max-lg:hidden">{since}</td>
      <td className="px-2 text-right max-sm:hidden">{rate}</td>
      <td className={`px-2 text-right ${hasFailed ? 'font-medium text-kumo-danger' : ''}`}>{share}</td>
      <td className="px-2 text-right max-md:hidden">{p95}</td>
      <td className="px-2 pr-4 text-right max-md:hidden">{available}</td>
    </tr>
  );
});

/** A pool as a line of an export. */
const lineOf = ({ id, figures: { summary, rate, failed, share, p95 } }: Row): Line => ({
  pool: id,
  health: summary.health,
  since: iso(summary),
  why: summary.why,
  requestsPerSecond: rate,
  failedLastMinute: failed,
  failedShare: share,
  p95Ms: p95,
  available: availability(summary),
});

const iso = ({ since }: Summary): string | null => (since === null ? null : new Date(since).toISOString());
