/** A split of a route: a bar whose borders can be dragged, and below it each pool with its share, which can be typed. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { PlusIcon, XIcon } from '@phosphor-icons/react';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import type { RouteConfig } from '../../api/config.ts';
import { messageAt } from '../../model/problems.ts';
import { moveBorder, setShare, sharesOf } from '../../model/split.ts';

type Split = NonNullable<RouteConfig['split']>;

interface SplitFieldProps {
  readonly split: Split;
  readonly pools: readonly string[];
  /** With paths within the split: `pools[1].weight`. */
  readonly problems: readonly Problem[];
  readonly onChange: (pools: Split['pools']) => void;
}

/** The bar and its pools. */
export function SplitField({ split: { pools: parts }, pools, problems, onChange }: SplitFieldProps) {
  const weights = parts.map(({ weight }) => weight);
  const shares = sharesOf(weights);
  const weigh = (next: readonly number[]) =>
    onChange(parts.map((part, i) => ({ ...part, weight: next[i]! })));
  const unused = pools.find((id) => parts.every(({ pool }) => pool !== id));
  const error = problems.find(({ path }) => path === '' || path === 'pools')?.message;
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="float-left w-full font-medium text-kumo-default">Pools and their shares</legend>
      <Bar parts={parts} shares={shares} onMove={(i, percent) => weigh(moveBorder(weights, i, percent))} />
      {parts.map(({ pool }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: another pool may take its place
        <div key={i} className="flex items-start gap-2">
          <span className={`mt-2.5 size-3 shrink-0 rounded-sm ${COLOURS[i % COLOURS.length]}`} aria-hidden />
          <div className="min-w-0 flex-1">
            <Select
              aria-label={`Pool ${i + 1}`}
              className="w-full"
              value={pool}
              items={pools.map((id) => ({ value: id, label: id }))}
              onValueChange={(id) => id && onChange(parts.with(i, { ...parts[i]!, pool: id }))}
              error={messageAt(problems, `pools[${i}]`)}
            />
          </div>
          <ShareInput
            label={`Share of ${pool} in per cent`}
            share={shares[i]!}
            onChange={(share) => weigh(setShare(weights, i, share))}
          />
          <span className="mt-2 text-kumo-subtle">%</span>
          <Button
            variant="ghost"
            shape="square"
            icon={XIcon}
            aria-label={`Remove ${pool} from the split`}
            disabled={parts.length === 1}
            onClick={() => onChange(parts.toSpliced(i, 1))}
          />
        </div>
      ))}
      {error && <p className="text-kumo-danger">{error}</p>}
      <Button
        size="sm"
        variant="secondary"
        icon={PlusIcon}
        className="self-start"
        disabled={unused === undefined}
        onClick={() => unused !== undefined && onChange([...parts, { pool: unused, weight: 0 }])}
      >
        Add pool
      </Button>
    </fieldset>
  );
}

interface ShareInputProps {
  readonly label: string;
  readonly share: number;
  readonly onChange: (share: number) => void;
}

/** Keeps the text as it was typed while it is empty or means the share. */
function ShareInput({ label, share, onChange }: ShareInputProps) {
  const [typed, setTyped] = useState(String(share));
  const isKept = typed.trim() === '' || Number(typed) === share;
  return (
    <Input
      aria-label={label}
      inputMode="numeric"
      className="w-20"
      value={isKept ? typed : String(share)}
      onValueChange={(text: string) => {
        setTyped(text);
        if (/^\d{1,3}$/.test(text.trim())) onChange(Number(text));
      }}
    />
  );
}

/** Neighbours must differ; the name and the share beside a colour say which pool it is. */
const COLOURS = ['bg-kumo-brand', 'bg-kumo-success', 'bg-kumo-warning', 'bg-kumo-info'] as const;

interface BarProps {
  readonly parts: Split['pools'];
  readonly shares: readonly number[];
  readonly onMove: (border: number, percent: number) => void;
}

function Bar({ parts, shares, onMove }: BarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const percentAt = ({ clientX }: PointerEvent): number => {
    const { left, width } = bar.current!.getBoundingClientRect();
    return ((clientX - left) / width) * 100;
  };
  const ends = shares.map((_, i) => shares.slice(0, i + 1).reduce((sum, share) => sum + share, 0));
  return (
    <div ref={bar} className="relative h-8 w-full">
      <div className="flex h-full w-full overflow-hidden rounded bg-kumo-tint">
        {parts.map(({ pool }, i) => (
          <span
            key={pool}
            className={`flex items-center justify-center overflow-hidden ${COLOURS[i % COLOURS.length]}`}
            style={{ width: `${shares[i]}%` }}
          />
        ))}
      </div>
      {parts.slice(1).map(({ pool }, i) => (
        <Border
          key={pool}
          label={`Share of ${parts[i]!.pool} against ${pool}`}
          at={ends[i]!}
          text={`${parts[i]!.pool} ${shares[i]} %, ${pool} ${shares[i + 1]} %`}
          onMove={(percent) => onMove(i, percent)}
          percentAt={percentAt}
        />
      ))}
    </div>
  );
}

interface BorderProps {
  readonly label: string;
  /** Where the border is, in per cent of the bar. */
  readonly at: number;
  readonly text: string;
  readonly onMove: (percent: number) => void;
  readonly percentAt: (event: PointerEvent) => number;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
};

/** A slider between two pools. */
function Border({ label, at, text, onMove, percentAt }: BorderProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onMove(at + step);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at)}
      aria-valuetext={text}
      className="absolute -inset-y-1 w-4 -translate-x-1/2 cursor-col-resize touch-none rounded after:absolute after:inset-y-0 after:left-1/2 after:w-1 after:-translate-x-1/2 after:rounded after:bg-kumo-contrast"
      style={{ left: `${at}%` }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) onMove(percentAt(event));
      }}
    />
  );
}
