/** From a JSON Schema to the fields of a form: what kind each is, its name, bounds and default in words. No I/O. */
import type { JsonSchema } from '../../api/openapi.ts';

export type Scalar = string | number | boolean;

/** One field, or a group of them; `path` is where its value stands in the object: `retry.maxRetries`. */
export interface Field {
  readonly path: string;
  readonly label: string;
  /**
   * `choice`: one of a few values · `mixed`: one of a few, or a number · `flag` · `number` · `text` ·
   * `list`: written with commas · `group`: has `fields`.
   */
  readonly kind: 'choice' | 'mixed' | 'flag' | 'number' | 'text' | 'list' | 'group';
  readonly description: string;
  readonly choices: readonly Scalar[];
  readonly min?: number;
  readonly max?: number;
  /** Left empty it is null. */
  readonly nullable: boolean;
  readonly default?: unknown;
  readonly fields: readonly Field[];
}

/** What one field is drawn from. */
export interface FieldProps {
  readonly field: Field;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly error: string | undefined;
  readonly disabled: boolean;
}

/** The fields of an object's schema, in its order, without those of `omit`. */
export function fieldsOf(schema: JsonSchema, omit: readonly string[] = [], at = ''): Field[] {
  return Object.entries(schema.properties ?? {})
    .filter(([key]) => !omit.includes(at + key))
    .map(([key, value]) => fieldOf(key, value, at));
}

function fieldOf(key: string, schema: JsonSchema, at: string): Field {
  const options = schema.anyOf ?? [schema];
  const parts = options.filter(({ type }) => type !== 'null');
  const choices = parts.flatMap(choicesOf);
  const number = parts.find(({ type }) => type === 'integer' || type === 'number');
  const path = at + key;
  return {
    path,
    label: labelOf(key),
    kind: kindOf(parts, choices, number),
    description: schema.description ?? '',
    choices,
    min: number?.minimum,
    max: number?.maximum,
    nullable: parts.length < options.length,
    default: schema.default,
    fields: parts.length === 1 && parts[0]!.properties ? fieldsOf(parts[0]!, [], `${path}.`) : [],
  };
}

const choicesOf = ({ type, enum: values, const: only }: JsonSchema): readonly Scalar[] => {
  if (values) return values;
  if (only !== undefined) return [only];
  return type === 'boolean' ? [false, true] : [];
};

function kindOf(
  parts: readonly JsonSchema[],
  choices: readonly Scalar[],
  number: JsonSchema | undefined,
): Field['kind'] {
  const [first] = parts;
  if (first?.properties) return 'group';
  if (first?.type === 'array') return 'list';
  if (parts.length === 1 && first?.type === 'boolean') return 'flag';
  if (choices.length > 0) return number ? 'mixed' : 'choice';
  return number ? 'number' : 'text';
}

const UNITS: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/Ms$/, 'ms'],
  [/Seconds$/, 'seconds'],
  [/Percent$/, '%'],
  [/Bytes$/, 'bytes'],
];

/** `bodyLimitBytes` is «Body limit (bytes)», `url` is «URL». */
export function labelOf(key: string): string {
  const unit = UNITS.find(([ending]) => ending.test(key));
  const words = (unit ? key.replace(unit[0], '') : key)
    .replace(/([A-Z])/g, ' $1')
    .toLowerCase()
    .replace(/\b(url|id|ttl)\b/g, (word) => word.toUpperCase());
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  return unit ? `${name} (${unit[1]})` : name;
}

/** A value as a field shows it. */
export const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
};

/**
 * What was typed as the document has it. What does not fit is kept as it was typed, so that the API says what is wrong
 * with it.
 */
export function fromText({ kind, nullable }: Field, text: string): unknown {
  const written = text.trim();
  if (kind === 'list') {
    const items = written.split(',').map((item) => item.trim());
    return items.filter((item) => item !== '').map(numberOr);
  }
  if (written === '' && nullable) return null;
  return kind === 'number' || kind === 'mixed' ? numberOr(written) : text;
}

const numberOr = (text: string): string | number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

/** A flag's default by the words of its choices. */
const asDefault = (value: unknown): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : asText(value);

/** What stands below a field: what it is for, its bounds, its default. */
export function hintOf({ description, kind, min, max, default: value, nullable }: Field): string {
  const bounds = kind === 'number' && min !== undefined && max !== undefined ? `${min} to ${max}` : '';
  const isPlain = typeof value !== 'object' || Array.isArray(value);
  const standard = value !== undefined && isPlain && !nullable ? `default ${asDefault(value)}` : '';
  const facts = [bounds, standard].filter((fact) => fact !== '').join(', ');
  return [description, facts]
    .filter((part) => part !== '')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}.`)
    .join(' ');
}

/** The value at a path: `retry.maxRetries`. */
export const valueAt = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], object);

/** The object with another value at a path; the rest keeps its identity. */
export function withValue<T>(object: T, path: string, value: unknown): T {
  const [key = '', ...rest] = path.split('.');
  const fields = (object ?? {}) as Record<string, unknown>;
  const next = rest.length === 0 ? value : withValue(fields[key], rest.join('.'), value);
  return { ...fields, [key]: next } as T;
}
