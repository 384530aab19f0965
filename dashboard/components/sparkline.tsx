/** A small line without axes that shows the last five minutes. */
import { memo } from 'react';

interface SparklineProps {
  /** One value per step, oldest first; null: no data for that step. */
  readonly values: readonly (number | null)[];
  /** What it shows, for screen readers. */
  readonly label: string;
  readonly tone?: 'calm' | 'bad';
}

const WIDTH = 120;
const HEIGHT = 28;

/** The line, with a gap where a step has no value. */
export const Sparkline = memo(function Sparkline({ values, label, tone = 'calm' }: SparklineProps) {
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const x = (i: number) => ((i * WIDTH) / Math.max(1, values.length - 1)).toFixed(1);
  const y = (value: number) => (HEIGHT - 1 - (value / most) * (HEIGHT - 3)).toFixed(1);
  let path = '';
  let isDown = false;
  values.forEach((value, i) => {
    if (value !== null) path += `${isDown ? 'L' : 'M'}${x(i)} ${y(value)}`;
    isDown = value !== null;
  });
  // A line at zero is no alarm.
  const isBad = tone === 'bad' && values.some((value) => value);
  const stroke = isBad ? 'var(--color-kumo-danger)' : 'var(--color-kumo-info)';
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      className="h-7 w-full"
    >
      <path d={path} fill="none" stroke={stroke} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
