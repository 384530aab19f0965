/** A backend as a row of the table, and as a card on small screens. */
import { Checkbox } from '@cloudflare/kumo/components/checkbox';
import { memo, type ReactNode, useCallback } from 'react';
import type { Actions } from './actions.ts';
import { Failures, Identity, Share, StateCell } from './cells.tsx';
import type { Row } from './row.ts';
import { RowActions } from './row-actions.tsx';
import { Weight } from './weight.tsx';

/** The props of a row or a card. */
export interface BackendProps {
  readonly row: Row;
  readonly isSelected: boolean;
  readonly onSelect: (id: string, selected: boolean) => void;
  readonly actions: Actions;
}

interface Column {
  readonly name: string;
  readonly className: string;
  /** What the figures mean, if the name does not say it. */
  readonly title?: string;
}

/** The columns; their widths are fixed, so that nothing jumps. */
export const COLUMNS: readonly Column[] = [
  { name: 'Backend', className: '' },
  { name: 'State', className: 'w-44 min-[1400px]:w-48' },
  { name: 'Weight', className: 'w-20 text-right' },
  { name: 'Req/s', className: 'w-16 text-right', title: 'Attempts per second, over the last ten seconds' },
  {
    name: 'Share / expected',
    className: 'w-34 text-right',
    title: 'Share of first attempts in the last one to two minutes, and the share that the weights call for',
  },
  { name: 'Failures', className: 'w-22 text-right', title: 'Failed attempts since the pool object started' },
  {
    name: 'p50 / p95',
    className: 'w-30 text-right min-[1400px]:w-34',
    title: 'Time to response headers, over the last one to two minutes',
  },
  {
    name: 'Clients / sockets',
    className: 'w-20 text-right',
    title: 'Recently seen clients with affinity, and WebSockets that may still be open',
  },
];

const CELL = 'px-2 py-2 align-top leading-6';

/** One row. */
export const BackendRow = memo(function BackendRow(props: BackendProps) {
  const { row, actions } = props;
  const { backend, status, rate, share, latency, attached, skew, cause } = row;
  return (
    <tr className="border-t border-kumo-line">
      <td className="py-2.5 pl-4 align-top leading-6">
        <SelectBox id={backend.id} isSelected={props.isSelected} onSelect={props.onSelect} />
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
        <Share share={share} skew={skew} />
      </td>
      <td className={`${CELL} text-right`}>
        <Failures status={status} />
      </td>
      <td className={`${CELL} text-right whitespace-nowrap`}>{latency}</td>
      <td className={`${CELL} text-right`}>{attached}</td>
      <td className="py-1.5 pr-3 align-top">
        <RowActions id={backend.id} state={backend.state} actions={actions} />
      </td>
    </tr>
  );
});

/** One card. */
export const BackendCard = memo(function BackendCard(props: BackendProps) {
  const { row, actions } = props;
  const { backend, status, rate, share, latency, attached, skew, cause } = row;
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-kumo-line bg-kumo-base p-3">
      <div className="flex items-start gap-3">
        <SelectBox id={backend.id} isSelected={props.isSelected} onSelect={props.onSelect} />
        <div className="min-w-0 flex-1">
          <Identity backend={backend} />
        </div>
        <RowActions id={backend.id} state={backend.state} actions={actions} />
      </div>
      <StateCell backend={backend} status={status} cause={cause} />
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-3">
        <Fact name="Weight">
          <span className="-ml-2 inline-block [&>button]:justify-start">
            <WeightOf backend={backend} actions={actions} />
          </span>
        </Fact>
        <Fact name="Req/s">{rate}</Fact>
        <Fact name="Failures">
          <Failures status={status} />
        </Fact>
        <Fact name="Share / expected">
          <Share share={share} skew={skew} />
        </Fact>
        <Fact name="p50 / p95">{latency}</Fact>
        <Fact name="Clients / sockets">{attached}</Fact>
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

interface SelectBoxProps extends Pick<BackendProps, 'isSelected' | 'onSelect'> {
  readonly id: string;
}

const SelectBox = memo(function SelectBox({ id, isSelected, onSelect }: SelectBoxProps) {
  return (
    <Checkbox
      aria-label={`Select ${id}`}
      checked={isSelected}
      onCheckedChange={(selected) => onSelect(id, selected)}
    />
  );
});

interface WeightOfProps extends Pick<Row, 'backend'>, Pick<BackendProps, 'actions'> {}

function WeightOf({ backend: { id, weight }, actions }: WeightOfProps) {
  const change = useCallback((next: number) => actions.setWeight([id], next), [actions, id]);
  return <Weight backend={id} weight={weight} onChange={change} />;
}
