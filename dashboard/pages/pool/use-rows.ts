/** The rows of the backends table as of this second: their order, and what each of those in sight shows. */
import { useMemo, useRef } from 'react';
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import type { BackendStatus, PoolSample } from '../../api/status.ts';
import { useFigure } from '../../live/use-live.ts';
import { rate } from '../../model/rates.ts';
import { groupOf, type Known, ordered, type View } from './order.ts';
import { type Row, reasonsOf, reuseUnchanged, rowsOf } from './row.ts';

/** How often rows sorted by a figure change their order. */
const REORDER_MS = 5_000;

interface OrderedInputs {
  readonly pool: PoolConfig;
  readonly poolSample: PoolSample | undefined;
  readonly view: View;
  /** The order must not change now. */
  readonly isHeld: boolean;
}

/** Every backend with its status, and those of the view in its order. */
export function useOrdered({ pool, poolSample, view, isHeld }: OrderedInputs) {
  const period = useFigure((time) => Math.floor(time / REORDER_MS));
  const all = useMemo(() => {
    const statuses = new Map<string, BackendStatus>(
      poolSample?.status.backends.map((status) => [status.id, status]),
    );
    return pool.backends.map((backend): Known => ({ backend, status: statuses.get(backend.id) }));
  }, [pool, poolSample]);
  const isByFigure = view.sort !== 'problems' && view.sort !== 'name';
  // What the order depends on, apart from figures: these change the list at once.
  const groups = useMemo(() => all.map(groupOf).join(), [all]);
  const key = `${isHeld ? 'held' : groups} ${isByFigure && !isHeld ? period : ''}`;
  const kept = useRef<{ key: string; pool: PoolConfig; view: View; ids: readonly string[] } | null>(null);
  const now = kept.current;
  if (!now || now.pool !== pool || now.view !== view || (!isHeld && now.key !== key)) {
    const rateOf = (id: string) => (poolSample ? rate(poolSample.samples, Date.now(), id) : null);
    kept.current = { key, pool, view, ids: ordered(all, view, rateOf).map(({ backend }) => backend.id) };
  }
  const { ids } = kept.current!;
  const order = useMemo(() => {
    const known = new Map(all.map((one) => [one.backend.id, one]));
    return ids.flatMap((id) => known.get(id) ?? []);
  }, [all, ids]);
  return { all, order };
}

interface RowsInputs {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
  readonly poolSample: PoolSample | undefined;
  /** Why each backend was last ejected, by id. */
  readonly causes: Readonly<Record<string, string>>;
  /** The backends in sight. */
  readonly order: readonly Known[];
}

/** The rows of the backends in sight; unchanged rows keep their identity. */
export function useRows({ pool, routes, poolSample, causes, order }: RowsInputs): readonly Row[] {
  const now = useFigure((time) => time);
  const expected = useMemo(
    () => poolSample?.status.backends.map(({ expectedShare }) => expectedShare).join() ?? '',
    [poolSample],
  );
  const since = useRef({ expected: '', at: 0 });
  if (since.current.expected !== expected)
    since.current = { expected, at: poolSample?.samples.at(-1)?.at ?? 0 };
  const reasons = useMemo(
    () => reasonsOf({ pool, routes, statuses: poolSample?.status.backends ?? [] }),
    [pool, routes, poolSample],
  );
  const shown = useRef<readonly Row[]>([]);
  shown.current = reuseUnchanged(
    shown.current,
    rowsOf({ known: order, poolSample, causes, reasons, expectedSince: since.current.at, now }),
  );
  return shown.current;
}
