/** A field with a few values to choose from, or with these and a number. */
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { choiceLabel, type FieldProps, fromText, type Scalar } from './fields.ts';
import { Hint } from './hint.tsx';

const itemsOf = (choices: readonly Scalar[], words: FieldProps['words']) =>
  choices.map((choice) => ({ value: String(choice), label: words[String(choice)] ?? choiceLabel(choice) }));

/** The value of an empty choice. No choice of the schema can be `*`, and an empty value would look like a placeholder. */
const NONE = '*';

/** One of a few values. */
export function ChoiceField({ field, value, onChange, error, disabled, placeholder, words }: FieldProps) {
  const isOptional = field.empty !== 'text';
  const items = itemsOf(field.choices, words);
  const pick = (name: string | null) =>
    onChange(
      name === NONE ? fromText(field, '') : (field.choices.find((choice) => String(choice) === name) ?? name),
    );
  return (
    <Select
      label={field.label}
      items={isOptional ? [{ value: NONE, label: placeholder ?? 'none' }, ...items] : items}
      className="w-full min-w-0"
      value={isOptional ? String(value ?? NONE) : String(value ?? '')}
      onValueChange={pick}
      description={<Hint field={field} value={value} words={words} />}
      error={error}
      disabled={disabled}
    />
  );
}

/** The choice that stands for a number. */
const NUMBER = 'a number';

/** One of a few values, or a number that is typed below. */
export function MixedField({ field, value, onChange, error, disabled, words }: FieldProps) {
  const isChoice = field.choices.some((choice) => choice === value);
  const pick = (name: string | null) =>
    onChange(name === NUMBER ? field.min : (field.choices.find((choice) => String(choice) === name) ?? name));
  return (
    <div className="flex flex-col gap-2">
      <Select
        label={field.label}
        items={itemsOf([...field.choices, NUMBER], words)}
        className="w-full min-w-0"
        value={isChoice ? String(value) : NUMBER}
        onValueChange={pick}
        description={<Hint field={field} value={value} words={words} />}
        error={isChoice ? error : undefined}
        disabled={disabled}
      />
      {!isChoice && (
        <Input
          aria-label={`${field.label}: the number`}
          inputMode="numeric"
          value={String(value ?? '')}
          onChange={(event) => onChange(fromText(field, event.currentTarget.value))}
          error={error}
          disabled={disabled}
        />
      )}
    </div>
  );
}
