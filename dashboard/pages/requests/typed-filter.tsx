/** A filter that is typed: asked for a moment after the last stroke, once what stands there is whole. */
import { Input } from '@cloudflare/kumo/components/input';
import { type ComponentProps, useEffect, useState } from 'react';

interface TypedFilterProps extends Pick<ComponentProps<'input'>, 'placeholder' | 'inputMode' | 'maxLength'> {
  readonly label: string;
  readonly value: string;
  readonly isWhole?: (text: string) => boolean;
  /** What would be whole. */
  readonly hint?: string;
  readonly onChange: (value: string) => void;
}

const PAUSE_MS = 300;

/** The field; `value` is what the URL says. */
export function TypedFilter({
  label,
  value,
  isWhole = () => true,
  hint,
  onChange,
  ...rest
}: TypedFilterProps) {
  const [draft, setDraft] = useState(value);
  const [sent, setSent] = useState(value);
  if (value !== sent) {
    // Changed from elsewhere: cleared, or the browser went back.
    setSent(value);
    setDraft(value);
  }
  const text = draft.trim();
  const whole = isWhole(text);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a stroke starts the clock
  useEffect(() => {
    if (text === value || !whole) return;
    const timer = setTimeout(() => {
      setSent(text);
      onChange(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <Input
      {...rest}
      label={label}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      className="w-full min-w-0"
      autoComplete="off"
      spellCheck={false}
      {...(whole ? {} : { title: hint, 'aria-invalid': true })}
    />
  );
}
