/** uPlot in React: lines over time with gaps and marks, that follow the data, the size and the theme. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Line } from './lines.ts';
import type { Mark } from './marks.ts';

interface PlotProps {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly marks: readonly Mark[];
  readonly height: number;
  /** How a value on the axis is written. */
  readonly write: (value: number) => string;
  /** Called with the index of the time under the pointer; null: none. */
  readonly onStep: (step: number | null) => void;
}

type Stroke = Pick<Line, 'name' | 'color' | 'dash'>;

/** The canvas. Screen readers cannot read it, so it needs a table beside it. */
export function Plot({ times, lines, marks, height, write, onStep }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = [times, ...lines.map(({ values }) => values)] as uPlot.AlignedData;
  const newest = useRef({ data, marks });
  newest.current = { data, marks };
  const look = JSON.stringify(lines.map(({ name, color, dash }): Stroke => ({ name, color, dash })));

  useEffect(() => {
    const element = host.current!;
    const options = { strokes: JSON.parse(look) as Stroke[], height, write, onStep };
    const made = new uPlot(
      optionsOf(element, options, () => newest.current.marks),
      newest.current.data,
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const themed = new MutationObserver(() => made.redraw());
    themed.observe(document.documentElement, { attributeFilter: ['data-mode'] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [look, height, write, onStep]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the data is new exactly when times, lines or marks are
  useEffect(() => plot.current?.setData(newest.current.data), [times, lines, marks]);

  return (
    <div
      ref={host}
      aria-hidden="true"
      className="w-full overflow-hidden transition-none"
      style={{ height }}
    />
  );
}

interface Options extends Pick<PlotProps, 'height' | 'write' | 'onStep'> {
  readonly strokes: readonly Stroke[];
}

function optionsOf(
  element: HTMLElement,
  { strokes, height, write, onStep }: Options,
  marks: () => readonly Mark[],
): uPlot.Options {
  /**
   * A canvas takes no CSS variables: this resolves one through the element, at each drawing, so that it follows the theme.
   * The element must not have transitions: the colour read would be that before the transition.
   */
  const resolve = (color: string) => () => {
    element.style.color = color;
    const resolved = getComputedStyle(element).color;
    element.style.color = '';
    return resolved;
  };
  const axis = {
    stroke: resolve('var(--text-color-kumo-subtle)'),
    grid: { stroke: resolve('var(--color-kumo-line)'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const toneColor = {
    good: resolve('var(--color-kumo-success)'),
    warning: resolve('var(--color-kumo-warning)'),
    bad: resolve('var(--color-kumo-danger)'),
    off: resolve('var(--text-color-kumo-subtle)'),
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    padding: [12, 28, 0, 0],
    cursor: { sync: { key: 'pool' }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 28, space: 80, values: (plot, times) => times.map((time) => timeText(time, plot)) },
      { ...axis, size: 60, space: 32, values: (_, values) => values.map(write) },
    ],
    series: [
      {},
      ...strokes.map(({ name, color, dash }, i) => ({
        label: name,
        stroke: resolve(color),
        // A line under another one shows at its sides.
        width: Math.max(1.5, 4 - i * 0.75),
        dash: [...dash],
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      setCursor: [(plot) => onStep(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, marks(), (mark) => toneColor[mark.tone]())],
    },
  };
}

/** A dashed line from top to bottom at each mark, with a small head. */
function drawMarks(plot: uPlot, marks: readonly Mark[], colorOf: (mark: Mark) => string): void {
  const { ctx, bbox } = plot;
  const size = 4 * devicePixelRatio;
  ctx.save();
  for (const mark of marks) {
    const x = plot.valToPos(mark.at / 1_000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colorOf(mark);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash([size, size]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillRect(x - size / 2, bbox.top - size, size, size);
  }
  ctx.restore();
}

const SECONDS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MINUTES = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAYS = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

const HOUR_S = 3_600;
const DAY_S = 86_400;

/** A time on the axis, as exact as the range needs. */
function timeText(seconds: number, plot: uPlot): string {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const range = (max ?? 0) - (min ?? 0);
  const format = range > DAY_S ? DAYS : range > HOUR_S / 2 ? MINUTES : SECONDS;
  return format.format(seconds * 1_000);
}
