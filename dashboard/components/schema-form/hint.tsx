/** The text below a field; it marks a value that is not the default. */
import { defaultText, type Field, hintOf, isChanged } from './fields.ts';

interface HintProps {
  readonly field: Field;
  readonly value: unknown;
}

/** Description, bounds and default. */
export function Hint({ field, value }: HintProps) {
  const standard = defaultText(field);
  return (
    <>
      {hintOf(field)}
      {isChanged(field, value) && (
        <span className="block font-medium text-kumo-info">
          {standard === null ? 'Changed: not set by default.' : `Changed from the default, ${standard}.`}
        </span>
      )}
    </>
  );
}
