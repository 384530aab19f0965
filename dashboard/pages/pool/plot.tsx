/** uPlot in React: lines over time that follow the data, the size and the theme. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** How a line looks; the colour may be any CSS colour, including variables. */
export interface Stroke {
  readonly name: string;
  readonly color: string;
  readonly dash: readonly number[];
  /** In pixels. */
  readonly width: number;
}

interface PlotProps {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly strokes: readonly Stroke[];
  /** By line, then by time. */
  readonly values: readonly (readonly number[])[];
  readonly height: number;
  /** Called with the index of the time under the pointer; null: none. */
  readonly onStep: (step: number | null) => void;
}

/** The canvas. Screen readers cannot read it, so it needs a table beside it. */
export function Plot({ times, strokes, values, height, onStep }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = [times, ...values] as uPlot.AlignedData;
  const newest = useRef(data);
  newest.current = data;
  const look = JSON.stringify(strokes);

  useEffect(() => {
    const element = host.current!;
    const made = new uPlot(
      optionsOf(element, JSON.parse(look) as Stroke[], height, onStep),
      newest.current,
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
  }, [look, height, onStep]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the data is new exactly when times or values are
  useEffect(() => plot.current?.setData(newest.current), [times, values]);

  return (
    <div
      ref={host}
      aria-hidden="true"
      className="w-full overflow-hidden transition-none"
      style={{ height }}
    />
  );
}

function optionsOf(
  element: HTMLElement,
  strokes: readonly Stroke[],
  height: number,
  onStep: PlotProps['onStep'],
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
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 28, 0, 0],
    cursor: { sync: { key: 'pool' }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 28, space: 80, values: (_, times) => times.map(timeOfDay) },
      { ...axis, size: 44, space: 32 },
    ],
    series: [
      {},
      ...strokes.map(({ name, color, dash, width }) => ({
        label: name,
        stroke: resolve(color),
        width,
        dash: [...dash],
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onStep(plot.cursor.idx ?? null)] },
  };
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const timeOfDay = (seconds: number): string => TIME.format(seconds * 1_000);
