/** A backend as a row of the table, and as a card on small screens. */
import { Checkbox } from '@cloudflare/kumo/components/checkbox';
import { memo, type ReactNode, useCallback } from 'react';
import type { Actions } from './actions.ts';
import { Errors, Failures, Identity, Share, StateCell } from './cells.tsx';
import type { Sort } from './order.ts';
import type { Row } from './row.ts';
import { RowActions } from './row-actions.tsx';
import { Weight } from './weight.tsx';

/** The props of a row or a card. */
export interface BackendProps {
  readonly row: Row;
  /** Its place in the whole list, the heading included. */
  readonly index: number;
  readonly isSelected: boolean;
  readonly onSelect: (id: string, selected: boolean) => void;
  readonly actions: Actions;
}

/** A column of the table; its width is fixed, so that nothing jumps. */
export interface Column {
  readonly name: string;
  readonly className: string;
  /** What its figures are measured over. */
  readonly over?: string;
  readonly sort?: Sort;
  readonly isFigure?: boolean;
}

/** Columns that only a wide window has room for; their facts are in the export and on cards too. */
const WIDE = 'hidden min-[1500px]:table-cell';
const WIDEST = 'hidden min-[1640px]:table-cell';

/** The columns. */
export const COLUMNS: readonly Column[] = [
  { name: 'Backend', className: '', sort: 'name' },
  { name: 'State', className: 'w-52 min-[1500px]:w-60 min-[1700px]:w-76', sort: 'problems' },
  { name: 'Weight', className: 'w-18 text-right', sort: 'weight', isFigure: true },
  { name: 'Req/s', over: '10 s', className: 'w-16 text-right', sort: 'rate', isFigure: true },
  {
    name: 'Share / expected',
    over: '1–2 min',
    className: 'w-32 text-right',
    sort: 'share',
    isFigure: true,
  },
  { name: 'Failures', over: 'since start', className: 'w-26 text-right', sort: 'failures', isFigure: true },
  {
    name: '4xx / 5xx',
    over: 'to clients, since created',
    className: `w-36 text-right ${WIDEST}`,
    sort: 'errors',
    isFigure: true,
  },
  {
    name: 'p50 / p95',
    over: '1–2 min, ±12 %',
    className: 'w-34 text-right',
    sort: 'latency',
    isFigure: true,
  },
  {
    name: 'Clients / sockets',
    className: `w-24 text-right ${WIDE}`,
    sort: 'clients',
    isFigure: true,
  },
];

/** The height of a row: two lines of text. */
export const ROW_PX = 60;

const CELL = 'px-2 py-1.5 align-top leading-6';

/** One row. */
export const BackendRow = memo(function BackendRow(props: BackendProps) {
  const { row, actions } = props;
  const { backend, status, rate, share, latency, attached, skew, cause } = row;
  return (
    <tr className="border-t border-kumo-line" style={{ height: ROW_PX }} aria-rowindex={props.index}>
      <td className="py-2 pl-4 align-top leading-6">
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
      <td className={`${CELL} text-right whitespace-nowrap ${WIDEST}`}>
        <Errors status={status} />
      </td>
      <td className={`${CELL} text-right whitespace-nowrap`}>{latency}</td>
      <td className={`${CELL} text-right ${WIDE}`}>{attached}</td>
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
    <li className="flex flex-col gap-3 overflow-hidden rounded-lg border border-kumo-line bg-kumo-base p-3">
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
        <Fact name="Req/s, 10 s">{rate}</Fact>
        <Fact name="Failures since start">
          <Failures status={status} />
        </Fact>
        <Fact name="4xx / 5xx to clients">
          <Errors status={status} />
        </Fact>
        <Fact name="Share / expected, 1–2 min">
          <Share share={share} skew={skew} />
        </Fact>
        <Fact name="p50 / p95, 1–2 min">{latency}</Fact>
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
