/** A field that is chosen from a few values, or from these and a number. */
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { type FieldProps, fromText, hintOf, type Scalar } from './fields.ts';

const nameOf = (choice: Scalar): string =>
  choice === true ? 'yes' : choice === false ? 'no' : String(choice);

const itemsOf = (choices: readonly Scalar[]) =>
  choices.map((choice) => ({ value: String(choice), label: nameOf(choice) }));

/** One of a few values. */
export function ChoiceField({ field, value, onChange, error, disabled }: FieldProps) {
  const choices = field.nullable ? ['', ...field.choices] : field.choices;
  const pick = (name: string | null) =>
    onChange(name === '' ? null : (field.choices.find((choice) => String(choice) === name) ?? name));
  return (
    <Select
      label={field.label}
      items={itemsOf(choices)}
      className="w-full"
      value={String(value ?? '')}
      onValueChange={pick}
      description={hintOf(field)}
      error={error}
      disabled={disabled}
    />
  );
}

/** What stands in the list for «a number». */
const NUMBER = 'a number';

/** One of a few values, or a number that is then written beside it. */
export function MixedField({ field, value, onChange, error, disabled }: FieldProps) {
  const isChoice = field.choices.some((choice) => choice === value);
  const pick = (name: string | null) =>
    onChange(name === NUMBER ? field.min : (field.choices.find((choice) => String(choice) === name) ?? name));
  return (
    <div className="flex flex-col gap-2">
      <Select
        label={field.label}
        items={itemsOf([...field.choices, NUMBER])}
        className="w-full"
        value={isChoice ? String(value) : NUMBER}
        onValueChange={pick}
        description={hintOf(field)}
        error={isChoice ? error : undefined}
        disabled={disabled}
      />
      {!isChoice && (
        <Input
          aria-label={`${field.label}: the number`}
          type="number"
          min={field.min}
          max={field.max}
          value={String(value ?? '')}
          onChange={(event) => onChange(fromText(field, event.currentTarget.value))}
          error={error}
          disabled={disabled}
        />
      )}
    </div>
  );
}
