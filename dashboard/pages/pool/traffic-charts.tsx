/** A pool over time: what clients got, what they waited, and the same by backend; loaded only when it is shown. */
import { useQuery } from '@tanstack/react-query';
import { memo, useCallback, useMemo, useRef, useState } from 'react';
import { type EventsAnswer, eventsQuery } from '../../api/events.ts';
import type { Series } from '../../api/series.ts';
import { clockWithZone, count, duration, perSecond, zone } from '../../model/format.ts';
import { exactDuration } from '../../model/quantity.ts';
import { type Column, total } from '../../model/series.ts';
import {
  backendLines,
  classLines,
  type Line,
  noSlots,
  slotsFor,
  timesOf,
  waitLines,
  withoutNewest,
} from './lines.ts';
import { type Mark, marksOf } from './marks.ts';
import { Plot } from './plot.tsx';
import './charts.css';

interface TrafficChartsProps {
  readonly pool: string;
  readonly series: Series;
  /** The range in words: `in the last 5 min`. */
  readonly range: string;
}

const NO_MARKS: readonly Mark[] = [];

/** The charts; drawn again only with a new series. */
export const TrafficCharts = memo(function TrafficCharts({ pool, series, range }: TrafficChartsProps) {
  const slots = useRef(noSlots);
  const { data: marks = NO_MARKS } = useQuery({
    ...eventsQuery,
    select: useCallback(
      ({ events }: EventsAnswer) => marksOf(events, pool, series.from),
      [pool, series.from],
    ),
  });
  const drawn = useMemo(() => {
    const { backends = [], stepMs } = series;
    slots.current = slotsFor(slots.current, backends);
    const cut = (lines: readonly Line[]) => lines.map(withoutNewest);
    const by = backendLines(backends, slots.current, stepMs);
    return {
      times: timesOf(series).slice(0, -1),
      classes: cut(classLines(series)),
      waits: cut(waitLines(series)),
      attempts: cut(by.attempts),
      failures: cut(by.failures),
      p95: cut(by.p95),
    };
  }, [series]);
  const shared = { times: drawn.times, marks, stepMs: series.stepMs };
  const step = exactDuration(series.stepMs);
  return (
    <div className="flex flex-col gap-6">
      <Chart
        {...shared}
        title="Responses to clients per second, by class"
        lines={drawn.classes}
        write={perSecond}
      />
      <Chart {...shared} title="What clients waited for the headers" lines={drawn.waits} write={duration} />
      {drawn.attempts.length > 0 && (
        <>
          <Chart
            {...shared}
            title="Attempts per second, by backend"
            lines={drawn.attempts}
            write={perSecond}
          />
          <Chart
            {...shared}
            title={`Failures per ${step}, by backend`}
            lines={drawn.failures}
            write={count}
            height={110}
            isCount
          />
          <Chart {...shared} title="p95 latency of attempts, by backend" lines={drawn.p95} write={duration} />
        </>
      )}
      <Marks marks={marks} range={range} />
    </div>
  );
});

interface ChartProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly marks: readonly Mark[];
  readonly stepMs: number;
  readonly write: (value: number | null) => string;
  readonly height?: number;
  /** Its values are counts: without any there is nothing to draw. */
  readonly isCount?: boolean;
}

function Chart({ title, times, lines, marks, stepMs, write, height = 160, isCount = false }: ChartProps) {
  const [step, setStep] = useState<number | null>(null);
  const hasData = lines.some(({ values }) => values.some((value) => value !== null));
  const isZero = isCount && lines.every(({ values }) => total(values) === 0);
  const at = step === null ? undefined : times[step];
  const near = at === undefined ? [] : marks.filter((mark) => Math.abs(mark.at - at * 1_000) <= stepMs);
  return (
    <figure className="flex flex-col gap-1">
      <figcaption className="flex flex-wrap items-baseline gap-x-4">
        <h3 className="font-medium text-kumo-default">{title}</h3>
        <span className="ml-auto min-h-5 text-xs text-kumo-subtle" aria-hidden="true">
          {at === undefined ? zone(Date.now()) : clockWithZone(at * 1_000)}
        </span>
      </figcaption>
      <Legend lines={lines} step={step} write={write} marks={near} />
      {!hasData && <p className="text-kumo-subtle">Nothing was recorded in this time.</p>}
      {hasData && isZero && <p className="text-kumo-default">None.</p>}
      {hasData && !isZero && (
        <Plot times={times} lines={lines} marks={marks} height={height} write={write} onStep={setStep} />
      )}
      <SummaryTable title={title} lines={lines} write={write} />
    </figure>
  );
}

interface LegendProps {
  readonly lines: readonly Line[];
  /** The step under the pointer. */
  readonly step: number | null;
  readonly write: ChartProps['write'];
  /** The marks near the pointer. */
  readonly marks: readonly Mark[];
}

/** The lines' names, with the figures of the step under the pointer. */
function Legend({ lines, step, write, marks }: LegendProps) {
  return (
    <ul aria-hidden="true" className="flex min-h-6 flex-wrap gap-x-4 gap-y-1">
      {lines.map(({ name, color, dash, values }) => (
        <li key={name} className="flex items-center gap-2">
          <svg width="20" height="8" aria-hidden="true">
            <line
              x1="0"
              x2="20"
              y1="4"
              y2="4"
              stroke={color}
              strokeWidth="3"
              strokeDasharray={dash.join(' ')}
            />
          </svg>
          {name}
          {step !== null && <span className="text-kumo-subtle">{write(values[step] ?? null)}</span>}
        </li>
      ))}
      {marks.map(({ at, words }) => (
        <li key={`${at} ${words}`} className="text-kumo-subtle">
          ┊ {words}
        </li>
      ))}
    </ul>
  );
}

/** The largest known value; null: none is known. */
const peak = (column: Column): number | null =>
  column.reduce<number | null>((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null);
/** The mean of the known values; null: none is known. */
function mean(column: Column): number | null {
  const known = column.filter((value) => value !== null);
  return known.length === 0 ? null : total(known) / known.length;
}

interface SummaryTableProps extends Pick<ChartProps, 'title' | 'lines' | 'write'> {}

/** The same as a table, for screen readers. */
function SummaryTable({ title, lines, write }: SummaryTableProps) {
  return (
    // A table alone would keep its width.
    <div className="sr-only">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Mean</th>
            <th scope="col">Peak</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{write(mean(values))}</td>
              <td>{write(peak(values))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The marks in words: the dashed lines of the charts. */
function Marks({ marks, range }: { readonly marks: readonly Mark[]; readonly range: string }) {
  if (marks.length === 0) return null;
  return (
    <details>
      <summary className="w-fit cursor-pointer text-kumo-subtle">
        {count(marks.length)} {marks.length === 1 ? 'mark' : 'marks'} (dashed lines) {range}
      </summary>
      <ol className="mt-2 flex max-h-72 flex-col gap-1 overflow-y-auto">
        {marks.toReversed().map(({ at, words }) => (
          <li key={`${at} ${words}`} className="flex flex-wrap gap-x-3">
            <span className="text-kumo-subtle">{clockWithZone(at)}</span> {words}
          </li>
        ))}
      </ol>
    </details>
  );
}
