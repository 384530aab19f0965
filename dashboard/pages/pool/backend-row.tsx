/** A backend as a row of the table, and as a card on a small screen: the same words. */
import { Checkbox } from '@cloudflare/kumo/components/checkbox';
import { memo, type ReactNode, useCallback } from 'react';
import type { Actions } from './actions.ts';
import { Attached, Failures, Identity, latency, Share } from './cells.tsx';
import type { Row } from './row.ts';
import { RowActions } from './row-actions.tsx';
import { tellsOfDrains } from './standing.ts';
import { StateCell } from './state-cell.tsx';
import { Weight } from './weight.tsx';

/** A row's values one by one, so that a row of which none changed is not drawn again. */
export interface BackendProps extends Row {
  readonly isTicked: boolean;
  readonly onTick: (id: string, ticked: boolean) => void;
  readonly actions: Actions;
}

/** The columns' names and widths; the table has fixed ones, so that nothing jumps. */
export const COLUMNS = [
  { name: 'Backend', className: '' },
  { name: 'State', className: 'w-40' },
  { name: 'Weight', className: 'w-20 text-right' },
  { name: 'Req/s', className: 'w-16 text-right' },
  { name: 'Share / expected', className: 'w-34 text-right' },
  { name: 'Failures', className: 'w-22 text-right' },
  { name: 'p50 / p95', className: 'w-30 text-right' },
  { name: 'Clients / sockets', className: 'w-20 text-right' },
] as const;

const CELL = 'px-2 py-2 align-top leading-6';

/** One row. */
export const BackendRow = memo(function BackendRow(props: BackendProps) {
  const { backend, status, rate, skew, cause, isTicked, actions } = props;
  return (
    <tr className="border-t border-kumo-line">
      <td className="py-2.5 pl-4 align-top leading-6">
        <Tick {...props} />
      </td>
      <th scope="row" className={`${CELL} text-left font-normal`}>
        <Identity backend={backend} />
      </th>
      <td className={CELL}>
        <StateCell backend={backend} status={status} cause={cause} />
      </td>
      <td className="py-1 text-right align-top">
        <WeightOf backend={backend} actions={actions} />
      </td>
      <td className={`${CELL} text-right`}>{rate}</td>
      <td className={`${CELL} text-right`}>
        <Share status={status} skew={skew} />
      </td>
      <td className={`${CELL} text-right`}>
        <Failures status={status} />
      </td>
      <td className={`${CELL} text-right whitespace-nowrap`}>{latency(status)}</td>
      <td className={`${CELL} text-right`}>
        <Attached status={status} />
      </td>
      <td className="py-1.5 pr-3 align-top" data-ticked={isTicked}>
        <RowActions
          id={backend.id}
          state={backend.state}
          actions={actions}
          deadlines={tellsOfDrains(status)}
        />
      </td>
    </tr>
  );
});

/** One card. */
export const BackendCard = memo(function BackendCard(props: BackendProps) {
  const { backend, status, rate, skew, cause, actions } = props;
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-kumo-line bg-kumo-base p-3">
      <div className="flex items-start gap-3">
        <Tick {...props} />
        <div className="min-w-0 flex-1">
          <Identity backend={backend} />
        </div>
        <RowActions
          id={backend.id}
          state={backend.state}
          actions={actions}
          deadlines={tellsOfDrains(status)}
        />
      </div>
      <StateCell backend={backend} status={status} cause={cause} />
      <dl className="grid grid-cols-3 gap-x-4 gap-y-2">
        <Fact name="Weight">
          <span className="-ml-2 inline-block">
            <WeightOf backend={backend} actions={actions} />
          </span>
        </Fact>
        <Fact name="Req/s">{rate}</Fact>
        <Fact name="Failures">
          <Failures status={status} />
        </Fact>
        <Fact name="Share / expected">
          <Share status={status} skew={skew} />
        </Fact>
        <Fact name="p50 / p95">{latency(status)}</Fact>
        <Fact name="Clients / sockets">
          <Attached status={status} />
        </Fact>
      </dl>
    </li>
  );
});

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-kumo-subtle">{name}</dt>
      <dd className="min-h-6">{children}</dd>
    </div>
  );
}

const Tick = memo(
  function Tick({ backend, isTicked, onTick }: Pick<BackendProps, 'backend' | 'isTicked' | 'onTick'>) {
    return (
      <Checkbox
        aria-label={`Tick ${backend.id}`}
        checked={isTicked}
        onCheckedChange={(ticked) => onTick(backend.id, ticked)}
      />
    );
  },
  (a, b) => a.backend.id === b.backend.id && a.isTicked === b.isTicked && a.onTick === b.onTick,
);

function WeightOf({ backend: { id, weight }, actions }: Pick<BackendProps, 'backend' | 'actions'>) {
  const change = useCallback((next: number) => actions.weigh([id], next), [actions, id]);
  return <Weight backend={id} weight={weight} onChange={change} />;
}
