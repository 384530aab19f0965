/** The backends of a pool: a table, or cards on small screens; selected backends can be changed together. */
import { Checkbox } from '@cloudflare/kumo/components/checkbox';
import { Store, useSelector } from '@tanstack/react-store';
import { memo, useCallback, useMemo, useRef, useState } from 'react';
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import type { PoolSample } from '../../api/status.ts';
import { Card } from '../../components/card.tsx';
import { useFigure } from '../../live/use-live.ts';
import { plural } from '../../model/format.ts';
import type { Actions } from './actions.ts';
import { BackendCard, type BackendProps, BackendRow, COLUMNS } from './backend-row.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { type Row, reasonsOf, reuseUnchanged, rowsOf } from './row.ts';

const room = window.matchMedia('(min-width: 1280px)');
/** Whether there is room for a table. */
const hasRoom = new Store(room.matches);
room.addEventListener('change', () => hasRoom.setState(() => room.matches));

interface BackendsCardProps {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
  readonly poolSample: PoolSample | undefined;
  /** Why each backend was last ejected, by id. */
  readonly causes: Readonly<Record<string, string>>;
  readonly actions: Actions;
}

/** The card. */
export function BackendsCard({ pool, routes, poolSample, causes, actions }: BackendsCardProps) {
  const rows = useRows({ pool, routes, poolSample, causes });
  const { selected, onSelect, selectAll } = useSelection(pool);
  const isWide = useSelector(hasRoom);
  const props = rows.map(
    (row): BackendProps => ({ row, isSelected: selected.includes(row.backend.id), onSelect, actions }),
  );
  return (
    <Card
      title="Backends"
      actions={
        <div className="flex min-h-8 items-center gap-2">
          {selected.length > 0 ? (
            <BulkBar ids={selected} actions={actions} onClear={() => selectAll(false)} />
          ) : (
            <span className="text-kumo-subtle">{plural(rows.length, 'backend')}</span>
          )}
        </div>
      }
    >
      {isWide ? (
        <table aria-label={`Backends of ${pool.id}`} className="mt-2 w-full table-fixed border-collapse">
          <thead>
            <tr className="text-left text-kumo-subtle">
              <th scope="col" className="w-10 py-2 pl-4 font-normal">
                <SelectAll selected={selected.length} total={rows.length} onChange={selectAll} />
              </th>
              {COLUMNS.map(({ name, className, title }) => (
                <th key={name} scope="col" title={title} className={`px-2 py-2 font-normal ${className}`}>
                  {name}
                </th>
              ))}
              <th scope="col" className="w-32 py-2 pr-3">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {props.map((one) => (
              <BackendRow key={one.row.backend.id} {...one} />
            ))}
          </tbody>
        </table>
      ) : (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,320px),1fr))] gap-3 p-3">
          {props.map((one) => (
            <BackendCard key={one.row.backend.id} {...one} />
          ))}
        </ul>
      )}
    </Card>
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
      checked={selected === total}
      indeterminate={selected > 0 && selected < total}
      onCheckedChange={onChange}
    />
  );
});

/** The rows as of this second; unchanged rows keep their identity. */
function useRows({ pool, routes, poolSample, causes }: Omit<BackendsCardProps, 'actions'>) {
  const now = useFigure((time) => time);
  const expected = poolSample?.status.backends.map(({ expectedShare }) => expectedShare).join() ?? '';
  const since = useRef({ expected: '', at: 0 });
  if (since.current.expected !== expected)
    since.current = { expected, at: poolSample?.samples.at(-1)?.at ?? 0 };
  const shown = useRef<readonly Row[]>([]);
  return useMemo(() => {
    const statuses = poolSample?.status.backends ?? [];
    const reasons = reasonsOf({ pool, routes, statuses });
    const { backends } = pool;
    const rows = rowsOf({ backends, poolSample, causes, reasons, expectedSince: since.current.at, now });
    shown.current = reuseUnchanged(shown.current, rows);
    return shown.current;
  }, [pool, routes, poolSample, causes, now]);
}

/** Which of the pool's backends are selected. */
function useSelection({ backends }: PoolConfig) {
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
  const selectAll = useCallback(
    (isSelected: boolean) => setIds(new Set(isSelected ? backends.map(({ id }) => id) : [])),
    [backends],
  );
  return { selected, onSelect, selectAll };
}
