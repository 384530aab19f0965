/** A backend's weight, edited in place: click or Enter, arrow up or down, Enter; Escape cancels. */
import { CaretUpDownIcon } from '@phosphor-icons/react';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';

interface WeightProps {
  readonly backend: string;
  readonly weight: number;
  readonly onChange: (weight: number) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

/** A typed weight after an arrow key; text that is not a number counts as `from`. */
function stepped(text: string, step: number, from: number): string {
  const value = /^\d+$/.test(text) ? Number(text) : from;
  return String(Math.max(0, value + step));
}

/** The weight as a button that becomes a field. Several steps are one change. */
export const Weight = memo(function Weight({ backend, weight, onChange }: WeightProps) {
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
        onClick={() => setDraft(String(weight))}
        onKeyDown={onButton}
        className="inline-flex h-8 w-16 items-center justify-end gap-1 rounded-md px-2 hover:bg-kumo-tint"
      >
        {weight}
        <CaretUpDownIcon aria-hidden="true" className="text-kumo-subtle" />
      </button>
    );

  const commit = () => {
    const next = draft.trim();
    setDraft(null);
    if (/^\d+$/.test(next) && Number(next) !== weight) onChange(Number(next));
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
    <input
      // biome-ignore lint/a11y/noAutofocus: the operator has just opened this field
      autoFocus
      role="spinbutton"
      aria-label={`Weight of ${backend}`}
      aria-valuenow={Number(draft)}
      aria-valuemin={0}
      inputMode="numeric"
      value={draft}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onKeyDown={onField}
      onBlur={commit}
      className="h-8 w-16 rounded-md bg-kumo-control px-2 text-right ring ring-kumo-brand"
    />
  );
});
