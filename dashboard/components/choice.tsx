/** A filter with a list of choices; the first one is not to filter. */
import { Select } from '@cloudflare/kumo/components/select';

interface ChoiceProps {
  readonly label: string;
  /** The label for not filtering. */
  readonly any: string;
  /** undefined: none. */
  readonly value: string | undefined;
  readonly choices: readonly (readonly [value: string, words: string])[];
  readonly onChange: (value: string | undefined) => void;
}

/** The value for not filtering: an empty value would look like a placeholder. No id can be `*`. */
const ANY = '*';

/** The list. */
export function Choice({ label, any, value = ANY, choices, onChange }: ChoiceProps) {
  // A value that the URL names is shown even if the configuration no longer has it.
  const isUnknown = value !== ANY && choices.every(([known]) => known !== value);
  const all = [[ANY, any], ...(isUnknown ? [[value, value]] : []), ...choices] as const;
  const items = all.map(([key = ANY, words = '']) => ({ value: key, label: words }));
  return (
    <Select
      label={label}
      className="w-full min-w-0"
      value={value}
      items={items}
      onValueChange={(next) => onChange(next === ANY || next === null ? undefined : next)}
    >
      {items.map((item) => (
        <Select.Option key={item.value} value={item.value}>
          {item.label}
        </Select.Option>
      ))}
    </Select>
  );
}
