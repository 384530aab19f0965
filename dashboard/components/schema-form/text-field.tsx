/** A field that is written: text, a number, a list with commas. */
import { Input } from '@cloudflare/kumo/components/input';
import { useState } from 'react';
import { asText, type FieldProps, fromText, hintOf } from './fields.ts';

/** Keeps what was typed as it was typed, as long as it means the value. */
export function TextField({ field, value, onChange, error, disabled }: FieldProps) {
  const [typed, setTyped] = useState(() => asText(value));
  const means = (text: string) => JSON.stringify(fromText(field, text));
  const text = means(typed) === means(asText(value)) ? typed : asText(value);
  const change = (next: string) => {
    setTyped(next);
    onChange(fromText(field, next));
  };
  const isNumber = field.kind === 'number';
  return (
    <Input
      label={field.label}
      name={field.path}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      description={hintOf(field)}
      error={error}
      disabled={disabled}
      autoComplete="off"
      spellCheck={false}
      {...(isNumber ? { type: 'number', min: field.min, max: field.max, inputMode: 'numeric' as const } : {})}
    />
  );
}
