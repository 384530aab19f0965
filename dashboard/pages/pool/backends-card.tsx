/** The backends of a pool: a table, or cards on small screens; selected backends can be changed together. */
import { Checkbox } from '@cloudflare/kumo/components/checkbox';
import { CaretDownIcon, CaretUpIcon } from '@phosphor-icons/react';
import { memo, type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import type { PoolSample } from '../../api/status.ts';
import { Card } from '../../components/card.tsx';
import { ExportMenu } from '../../components/export-menu.tsx';
import { useMedia } from '../../components/use-media.ts';
import { useVisibleRows } from '../../components/use-visible-rows.ts';
import { plural } from '../../model/format.ts';
import type { Actions } from './actions.ts';
import { BackendCard, type BackendProps, BackendRow, COLUMNS, type Column, ROW_PX } from './backend-row.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { ListFilter, useView } from './list-filter.tsx';
import { countGroups, type Sort, type View } from './order.ts';
import { lineOf } from './row.ts';
import { useOrdered, useRows } from './use-rows.ts';

/** Whether there is room for a table. */
const ROOM = '(min-width: 1280px)';

/** With more backends than this there is a filter. */
const MANY = 8;

interface BackendsCardProps {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
  readonly poolSample: PoolSample | undefined;
  /** Why each backend was last ejected, by id. */
  readonly causes: Readonly<Record<string, string>>;
  readonly actions: Actions;
}

/** The card. */
export function BackendsCard(props: BackendsCardProps) {
  const { pool, poolSample, actions } = props;
  const [view, setView] = useView();
  // The rows stay in place while the operator points at one of them.
  const [isHeld, setHeld] = useState(false);
  const { all, order } = useOrdered({ pool, poolSample, view, isHeld });
  const shown = useMemo(() => order.map(({ backend }) => backend.id), [order]);
  const { selected, onSelect, selectAll } = useSelection(pool, shown);
  const isWide = useMedia(ROOM);
  const isFiltered = view.find !== '' || view.show !== null;
  const List = isWide ? Table : Cards;
  return (
    <Card
      title="Backends"
      actions={
        <div className="flex min-h-8 flex-wrap items-center gap-2">
          {selected.length > 0 ? (
            <BulkBar ids={selected} actions={actions} onClear={() => selectAll(false)} />
          ) : (
            <>
              <span className="text-kumo-subtle" role="status">
                {isFiltered
                  ? `${order.length} of ${plural(all.length, 'backend')}`
                  : plural(all.length, 'backend')}
              </span>
              <ExportMenu name={`backends-of-${pool.id}`} lines={() => order.map(lineOf)} />
            </>
          )}
        </div>
      }
    >
      {(all.length > MANY || isFiltered) && (
        <ListFilter view={view} counts={countGroups(all)} total={all.length} onChange={setView} />
      )}
      <div onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
        <List {...props} order={order} {...{ view, setView, selected, onSelect, selectAll }} />
      </div>
      {order.length === 0 && <p className="p-4 text-kumo-subtle">No backend matches the filter.</p>}
    </Card>
  );
}

interface ListProps extends BackendsCardProps {
  readonly order: ReturnType<typeof useOrdered>['order'];
  readonly view: View;
  readonly setView: ReturnType<typeof useView>[1];
  readonly selected: readonly string[];
  readonly onSelect: BackendProps['onSelect'];
  readonly selectAll: (selected: boolean) => void;
}

/** The table; rows that are far from the visible part are only room. */
function Table({ order, view, setView, selected, onSelect, selectAll, ...known }: ListProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to } = useVisibleRows(body, order.length, ROW_PX);
  const rows = useRows({ ...known, order: order.slice(from, to) });
  const chosen = useMemo(() => new Set(selected), [selected]);
  return (
    <table
      aria-label={`Backends of ${known.pool.id}`}
      aria-rowcount={order.length + 1}
      className="mt-2 w-full table-fixed border-collapse"
    >
      <thead className="sticky top-0 z-10 bg-kumo-base shadow-[inset_0_-1px_0_var(--color-kumo-line)]">
        <tr className="text-left align-bottom text-kumo-subtle" aria-rowindex={1}>
          <th scope="col" className="w-10 py-2 pl-4 font-normal">
            <SelectAll selected={selected.length} total={order.length} onChange={selectAll} />
          </th>
          {COLUMNS.map((column) => (
            <Heading key={column.name} column={column} view={view} onSort={(sort) => setView({ sort })} />
          ))}
          <th scope="col" className="w-32 py-2 pr-3">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        <Room rows={from} />
        {rows.map((row, i) => (
          <BackendRow
            key={row.backend.id}
            row={row}
            index={from + i + 2}
            isSelected={chosen.has(row.backend.id)}
            onSelect={onSelect}
            actions={known.actions}
          />
        ))}
        <Room rows={order.length - to} />
      </tbody>
    </table>
  );
}

/** The room of rows that are not drawn. */
const Room = ({ rows }: { readonly rows: number }): ReactNode =>
  rows > 0 && (
    <tr>
      <td style={{ height: rows * ROW_PX }} />
    </tr>
  );

interface HeadingProps {
  readonly column: Column;
  readonly view: View;
  readonly onSort: (sort: string | undefined) => void;
}

/** A column's heading: its name, what its figures are measured over, and the button that sorts by it. */
function Heading({ column: { name, over, sort, className, isFigure }, view, onSort }: HeadingProps) {
  const isSorted = sort !== undefined && view.sort === sort;
  const Arrow = view.isDown ? CaretDownIcon : CaretUpIcon;
  const next = nextSort(view, sort, isFigure ?? false);
  return (
    <th
      scope="col"
      aria-sort={isSorted && sort !== 'problems' ? (view.isDown ? 'descending' : 'ascending') : undefined}
      className={`px-2 py-2 font-normal ${className}`}
    >
      {sort === undefined ? (
        name
      ) : (
        <button
          type="button"
          onClick={() => onSort(next)}
          className={`-mx-1 rounded px-1 [text-align:inherit] hover:bg-kumo-tint hover:text-kumo-default ${isSorted ? 'text-kumo-default' : ''}`}
        >
          {name}
          {isSorted && sort !== 'problems' && <Arrow aria-hidden="true" className="ml-1 inline" />}
        </button>
      )}
      {over && <span className="block text-xs">{over}</span>}
    </th>
  );
}

/** The first click sorts figures by the largest, names by the first; the second the other way; the third ends it. */
function nextSort(view: View, sort: Sort | undefined, isFigure: boolean): string | undefined {
  if (sort === undefined || sort === 'problems') return undefined;
  const first = isFigure ? `-${sort}` : sort;
  if (view.sort !== sort) return first;
  const now = view.isDown ? `-${sort}` : sort;
  return now === first ? (isFigure ? sort : `-${sort}`) : undefined;
}

/** The least width and the height of a card, and the gap between two. */
const CARD = { widthPx: 320, heightPx: 260, gapPx: 12 };
/** With more cards than this, all have the same height, so that those out of sight need not be drawn. */
const DRAWN = 40;

function Cards({ order, selected, onSelect, ...known }: ListProps) {
  const list = useRef<HTMLUListElement>(null);
  const isLong = order.length > DRAWN;
  const width = list.current?.clientWidth ?? window.innerWidth;
  const columns = Math.max(1, Math.floor((width - CARD.gapPx) / (CARD.widthPx + CARD.gapPx)));
  const lines = Math.ceil(order.length / columns);
  const linePx = CARD.heightPx + CARD.gapPx;
  const { from, to } = useVisibleRows(list, lines, linePx);
  const part = isLong ? order.slice(from * columns, to * columns) : order;
  const rows = useRows({ ...known, order: part });
  return (
    <ul
      ref={list}
      aria-label={`Backends of ${known.pool.id}`}
      className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,320px),1fr))] gap-3 p-3"
      style={
        isLong
          ? {
              gridAutoRows: CARD.heightPx,
              paddingTop: CARD.gapPx + from * linePx,
              paddingBottom: CARD.gapPx + Math.max(0, lines - to) * linePx,
            }
          : undefined
      }
    >
      {rows.map((row, i) => (
        <BackendCard
          key={row.backend.id}
          row={row}
          index={i}
          isSelected={selected.includes(row.backend.id)}
          onSelect={onSelect}
          actions={known.actions}
        />
      ))}
    </ul>
  );
}

interface SelectAllProps {
  readonly selected: number;
  readonly total: number;
  readonly onChange: (selected: boolean) => void;
}

const SelectAll = memo(function SelectAll({ selected, total, onChange }: SelectAllProps) {
  return (
    <Checkbox
      aria-label="Select all"
      checked={selected > 0 && selected === total}
      indeterminate={selected > 0 && selected < total}
      onCheckedChange={onChange}
    />
  );
});

/** Which of the pool's backends are selected; `shown`: those that "Select all" means. */
function useSelection({ backends }: PoolConfig, shown: readonly string[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const selected = useMemo(
    () => backends.filter(({ id }) => ids.has(id)).map(({ id }) => id),
    [backends, ids],
  );
  const onSelect = useCallback((id: string, isSelected: boolean) => {
    setIds((before) => {
      const after = new Set(before);
      if (isSelected) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);
  const selectAll = useCallback((isSelected: boolean) => setIds(new Set(isSelected ? shown : [])), [shown]);
  return { selected, onSelect, selectAll };
}
