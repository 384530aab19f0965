/** A field that is typed: text, a number, a duration or a size with its unit, or a list separated by commas. */
import { Input, InputArea } from '@cloudflare/kumo/components/input';
import { useState } from 'react';
import { asText, type FieldProps, fromText } from './fields.ts';
import { Hint } from './hint.tsx';

/** Keeps the text as it was typed while it means the value. */
export function TextField({ field, value, onChange, error, disabled, placeholder }: FieldProps) {
  const current = asText(field, value);
  const [typed, setTyped] = useState(current);
  const meaning = (text: string) => JSON.stringify(fromText(field, text));
  const change = (next: string) => {
    setTyped(next);
    onChange(fromText(field, next));
  };
  return (
    <Input
      label={field.label}
      name={field.path}
      value={meaning(typed) === meaning(current) ? typed : current}
      onChange={(event) => change(event.currentTarget.value)}
      description={<Hint field={field} value={value} />}
      error={error}
      aria-invalid={error !== undefined}
      disabled={disabled}
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      inputMode={field.kind === 'number' ? 'decimal' : undefined}
    />
  );
}

/** Text of several lines. */
export function LongField({ field, value, onChange, error, disabled }: FieldProps) {
  return (
    <InputArea
      label={field.label}
      name={field.path}
      value={String(value ?? '')}
      onChange={(event) => onChange(event.currentTarget.value)}
      description={<Hint field={field} value={value} />}
      error={error}
      aria-invalid={error !== undefined}
      disabled={disabled}
      rows={5}
      spellCheck={false}
      className="w-full font-mono text-[13px]"
    />
  );
}
