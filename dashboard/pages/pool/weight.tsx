/** A backend's weight, edited in place: click or Enter, arrow up or down, Enter; Escape cancels. */

import { CaretUpDownIcon } from '@phosphor-icons/react';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import { useMayChange, VIEWER_REASON } from '../../changes/may-change.ts';
import { count } from '../../model/format.ts';

interface WeightProps {
  readonly backend: string;
  readonly weight: number;
  readonly onChange: (weight: number) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

/** The largest weight of the schema. */
const MOST = 1_000;

/** What is wrong with a typed weight; null: nothing. */
export const weightProblem = (text: string): string | null =>
  /^\d+$/.test(text.trim()) && Number(text) <= MOST
    ? null
    : `A weight is a whole number from 0 to ${count(MOST)}.`;

/** A typed weight after an arrow key; text that is not a number counts as `from`. */
function stepped(text: string, step: number, from: number): string {
  const value = /^\d+$/.test(text) ? Number(text) : from;
  return String(Math.max(0, value + step));
}

/** The weight as a button that becomes a field. Several steps are one change. */
export const Weight = memo(function Weight({ backend, weight, onChange }: WeightProps) {
  const may = useMayChange();
  const [draft, setDraft] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  const isOpen = draft !== null;
  useEffect(() => {
    // After leaving the field by key, the focus returns to the button.
    if (wasOpen.current && !isOpen && document.activeElement === document.body) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);

  const onButton = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setDraft(stepped(String(weight), step, weight));
  };
  if (draft === null)
    return (
      <button
        ref={button}
        type="button"
        aria-label={`Weight of ${backend}: ${weight}. Change`}
        disabled={!may}
        title={may ? undefined : VIEWER_REASON}
        onClick={() => setDraft(String(weight))}
        onKeyDown={onButton}
        className="inline-flex h-8 w-16 items-center justify-end gap-1 rounded-md px-2 hover:bg-kumo-tint"
      >
        {weight}
        <CaretUpDownIcon aria-hidden="true" className="text-kumo-subtle" />
      </button>
    );

  const problem = weightProblem(draft);
  const commit = () => {
    // The field stays open with its message: what was typed is neither used nor lost.
    if (problem !== null) return;
    setDraft(null);
    if (Number(draft) !== weight) onChange(Number(draft));
  };
  const onField = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined) setDraft(stepped(draft, step, weight));
    else if (event.key === 'Enter') commit();
    else if (event.key === 'Escape') setDraft(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span className="relative inline-block">
      <input
        // biome-ignore lint/a11y/noAutofocus: the operator has just opened this field
        autoFocus
        role="spinbutton"
        aria-label={`Weight of ${backend}`}
        aria-valuenow={problem === null ? Number(draft) : undefined}
        aria-valuetext={draft}
        aria-valuemin={0}
        aria-valuemax={MOST}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `weight-problem-${backend}`}
        inputMode="numeric"
        value={draft}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={onField}
        onBlur={commit}
        className={`h-8 w-16 rounded-md bg-kumo-control px-2 text-right ring ${problem === null ? 'ring-kumo-brand' : 'ring-kumo-danger'}`}
      />
      {problem !== null && (
        <span
          id={`weight-problem-${backend}`}
          role="alert"
          className="absolute top-full left-0 z-10 mt-1 w-44 rounded-md border border-kumo-line bg-kumo-base p-2 text-left text-kumo-danger shadow-md sm:right-0 sm:left-auto"
        >
          {problem}
        </span>
      )}
    </span>
  );
});
