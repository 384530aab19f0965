/** The backends of a pool: a table, or cards where there is no room for one; ticked ones can be acted on together. */
import { Checkbox } from '@cloudflare/kumo/components/checkbox';
import { memo, useCallback, useMemo, useRef, useState } from 'react';
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import type { Pulse } from '../../api/status.ts';
import { Card } from '../../components/card.tsx';
import { useFigure } from '../../live/use-live.ts';
import { plural } from '../../model/format.ts';
import type { Actions } from './actions.ts';
import { BackendCard, type BackendProps, BackendRow, COLUMNS } from './backend-row.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { type Row, rowsOf, steady } from './row.ts';
import { reasonsOf } from './shares.ts';
import { useWide } from './use-wide.ts';

interface BackendsCardProps {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
  readonly pulse: Pulse | undefined;
  /** Why each was ejected last, by id. */
  readonly causes: Readonly<Record<string, string>>;
  readonly actions: Actions;
}

/** The card. */
export function BackendsCard({ pool, routes, pulse, causes, actions }: BackendsCardProps) {
  const rows = useRows({ pool, routes, pulse, causes });
  const { ticked, onTick, tickAll } = useTicks(pool);
  const isWide = useWide();
  const props = rows.map(
    (row): BackendProps => ({ row, isTicked: ticked.includes(row.backend.id), onTick, actions }),
  );
  return (
    <Card
      title="Backends"
      actions={
        <div className="flex min-h-8 items-center gap-2">
          {ticked.length > 0 ? (
            <BulkBar ids={ticked} actions={actions} onClear={() => tickAll(false)} />
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
                <TickAll ticked={ticked.length} total={rows.length} onChange={tickAll} />
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

interface TickAllProps {
  readonly ticked: number;
  readonly total: number;
  readonly onChange: (ticked: boolean) => void;
}

const TickAll = memo(function TickAll({ ticked, total, onChange }: TickAllProps) {
  return (
    <Checkbox
      aria-label="Tick all"
      checked={ticked === total}
      indeterminate={ticked > 0 && ticked < total}
      onCheckedChange={onChange}
    />
  );
});

/** The rows as they are this second; those of which nothing changed keep their values' identity. */
function useRows({ pool, routes, pulse, causes }: Omit<BackendsCardProps, 'actions'>) {
  const now = useFigure((time) => time);
  const expected = pulse?.status.backends.map(({ expectedShare }) => expectedShare).join() ?? '';
  const since = useRef({ expected: '', at: 0 });
  if (since.current.expected !== expected) since.current = { expected, at: pulse?.samples.at(-1)?.at ?? 0 };
  const shown = useRef<readonly Row[]>([]);
  return useMemo(() => {
    const statuses = pulse?.status.backends ?? [];
    const reasons = reasonsOf({ pool, routes, statuses });
    const { backends } = pool;
    const rows = rowsOf({ backends, pulse, causes, reasons, expectedSince: since.current.at, now });
    shown.current = steady(shown.current, rows);
    return shown.current;
  }, [pool, routes, pulse, causes, now]);
}

/** Which backends are ticked; those that are gone are not. */
function useTicks({ backends }: PoolConfig) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const ticked = useMemo(() => backends.filter(({ id }) => ids.has(id)).map(({ id }) => id), [backends, ids]);
  const onTick = useCallback((id: string, isTicked: boolean) => {
    setIds((before) => {
      const after = new Set(before);
      if (isTicked) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);
  const tickAll = useCallback(
    (isTicked: boolean) => setIds(new Set(isTicked ? backends.map(({ id }) => id) : [])),
    [backends],
  );
  return { ticked, onTick, tickAll };
}
