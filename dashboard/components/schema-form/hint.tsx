/** The text below a field; it marks a value that is not the default. */
import { defaultText, type Field, type FieldProps, hintOf, isChanged } from './fields.ts';

interface HintProps {
  readonly field: Field;
  readonly value: unknown;
  /** Labels of choices. */
  readonly words?: FieldProps['words'];
}

/** Description, bounds and default. */
export function Hint({ field, value, words = {} }: HintProps) {
  const standard = defaultText(field, words);
  return (
    <>
      {hintOf(field, words)}
      {isChanged(field, value) && (
        <span className="block font-medium text-kumo-info">
          {standard === null ? 'Changed: not set by default.' : `Changed from the default, ${standard}.`}
        </span>
      )}
    </>
  );
}
