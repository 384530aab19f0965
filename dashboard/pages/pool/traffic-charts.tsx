/** Requests and failures by backend in the last five minutes; loaded only when it is shown. */
import { memo, useMemo, useRef, useState } from 'react';
import { clock, count, perSecond } from '../../model/format.ts';
import type { PoolSeries } from '../../model/series.ts';
import { type Line, linesOf, noSlots, slotsFor, timesOf, totalsOf } from './lines.ts';
import { Plot } from './plot.tsx';
import './charts.css';

/** The colour of a line. */
const colorOf = ({ slot }: Line): string => `var(--line-${slot ?? 'others'})`;
/** From the fifth line on, lines differ by more than colour. */
const dashOf = ({ slot }: Line): number[] => (slot === null ? [2, 3] : slot >= 4 ? [6, 3] : []);

interface TrafficChartsProps {
  readonly series: PoolSeries;
}

/** Both charts with one legend; drawn again only with a new series. */
export const TrafficCharts = memo(function TrafficCharts({ series }: TrafficChartsProps) {
  const slots = useRef(noSlots);
  const [step, setStep] = useState<number | null>(null);
  const { lines, times, requests, failures } = useMemo(() => {
    slots.current = slotsFor(slots.current, series.backends ?? []);
    const drawn = linesOf(series, slots.current);
    return {
      lines: drawn,
      times: timesOf(series),
      requests: drawn.map((line) => line.requests),
      failures: drawn.map((line) => line.failures),
    };
  }, [series]);
  const hasFailed = failures.some((line) => line.some((n) => n > 0));
  // A line under another one shows at its sides.
  const widthOf = (i: number) => Math.max(1.5, 4 - i * 0.75);
  const strokes = lines.map((line, i) => ({
    name: line.name,
    color: colorOf(line),
    dash: dashOf(line),
    width: widthOf(i),
  }));
  return (
    <figure className="flex flex-col gap-2">
      <Legend lines={lines} times={times} step={step} />
      <h3 className="text-kumo-subtle">Requests per second</h3>
      <Plot times={times} strokes={strokes} values={requests} height={160} onStep={setStep} />
      <h3 className="text-kumo-subtle">Failures per five seconds</h3>
      {hasFailed ? (
        <Plot times={times} strokes={strokes} values={failures} height={110} onStep={setStep} />
      ) : (
        <p className="text-kumo-default">None.</p>
      )}
      <SeriesTable lines={lines} stepMs={series.stepMs} />
    </figure>
  );
});

interface LegendProps {
  readonly lines: readonly Line[];
  readonly times: readonly number[];
  /** The step under the pointer. */
  readonly step: number | null;
}

/** The lines' names, with the figures of the step under the pointer. */
function Legend({ lines, times, step }: LegendProps) {
  const at = step === null ? undefined : times[step];
  return (
    <ul aria-hidden="true" className="flex min-h-6 flex-wrap gap-x-4 gap-y-1">
      {lines.map((line) => (
        <li key={line.name} className="flex items-center gap-2">
          <svg width="20" height="8" aria-hidden="true">
            <line
              x1="0"
              x2="20"
              y1="4"
              y2="4"
              stroke={colorOf(line)}
              strokeWidth="3"
              strokeDasharray={dashOf(line).join(' ')}
            />
          </svg>
          {line.name}
          {step !== null && (
            <span className="text-kumo-subtle">
              {perSecond(line.requests[step] ?? null)}/s
              {(line.failures[step] ?? 0) > 0 && `, ${count(line.failures[step] ?? 0)} failed`}
            </span>
          )}
        </li>
      ))}
      {at !== undefined && <li className="ml-auto text-kumo-subtle">{clock(at * 1_000).slice(0, 8)}</li>}
    </ul>
  );
}

/** The same as a table, for screen readers. */
function SeriesTable({ lines, stepMs }: { readonly lines: readonly Line[]; readonly stepMs: number }) {
  return (
    // A table alone would keep its width.
    <div className="sr-only">
      <table>
        <caption>Requests and failures by backend in the last five minutes</caption>
        <thead>
          <tr>
            <th scope="col">Backend</th>
            <th scope="col">Requests</th>
            <th scope="col">Failures</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const { requests, failures } = totalsOf(line, stepMs);
            return (
              <tr key={line.name}>
                <th scope="row">{line.name}</th>
                <td>{requests}</td>
                <td>{failures}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
