/** From a JSON Schema to the fields of a form: kind, label, bounds and default of each. No I/O. */
import type { JsonSchema } from '../../api/openapi.ts';

export type Scalar = string | number | boolean;

/** One field, or a group of them; `path` is its place in the object: `retry.maxRetries`. */
export interface Field {
  readonly path: string;
  readonly label: string;
  /**
   * `choice`: one of a few values · `mixed`: one of a few values, or a number · `flag` · `number` · `text` ·
   * `list`: separated by commas · `group`: has `fields`.
   */
  readonly kind: 'choice' | 'mixed' | 'flag' | 'number' | 'text' | 'list' | 'group';
  readonly description: string;
  readonly choices: readonly Scalar[];
  readonly min?: number;
  readonly max?: number;
  /** What an empty field means: `null`, `unset` (the key is left out), or nothing but an empty text. */
  readonly empty: 'null' | 'unset' | 'text';
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
  /** What applies while the field is empty: `as the pool: 15000`. */
  readonly placeholder: string | undefined;
  /** Labels of choices. */
  readonly words: Readonly<Record<string, string>>;
}

/** The fields of an object's schema, in the schema's order, without those of `omit`. */
export function fieldsOf(schema: JsonSchema, omit: readonly string[] = [], at = ''): Field[] {
  return Object.entries(schema.properties ?? {})
    .filter(([key]) => !omit.includes(at + key))
    .map(([key, value]) => fieldOf(key, value, at, schema.required?.includes(key) ?? false));
}

function fieldOf(key: string, schema: JsonSchema, at: string, isRequired: boolean): Field {
  const options = schema.anyOf ?? [schema];
  const parts = options.filter(({ type }) => type !== 'null');
  const choices = parts.flatMap(choicesOf);
  const number = parts.find(({ type }) => type === 'integer' || type === 'number');
  const path = at + key;
  const isNullable = parts.length < options.length;
  return {
    path,
    label: labelOf(path),
    kind: kindOf(parts, choices, number),
    description: schema.description ?? '',
    choices,
    min: number?.minimum,
    max: number?.maximum,
    empty: isNullable ? 'null' : isRequired || schema.default !== undefined ? 'text' : 'unset',
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

/** Labels of keys whose own words say too little. */
const LABELS: Readonly<Record<string, string>> = {
  'retry.on': 'Retry on',
  'retry.nonIdempotent': 'Retry POST and PATCH',
  'retry.budgetPercent': 'Retry budget (%)',
  'retry.bodyLimitBytes': 'Largest body to retry (bytes)',
  'ejection.failures': 'Consecutive failures',
  'ejection.windowMs': 'Within (ms)',
  'ejection.baseMs': 'First ejection (ms)',
  'ejection.maxMs': 'Longest ejection (ms)',
  maxLease: 'Largest lease',
  logSampleRate: 'Share of successes logged',
};

const UNITS: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/Ms$/, 'ms'],
  [/Seconds$/, 'seconds'],
  [/Percent$/, '%'],
  [/Bytes$/, 'bytes'],
];

/** `retry.bodyLimitBytes` is `Body limit (bytes)` unless it has a label of its own; `url` is `URL`. */
export function labelOf(path: string): string {
  const own = LABELS[path];
  if (own !== undefined) return own;
  const key = path.slice(path.lastIndexOf('.') + 1);
  const unit = UNITS.find(([ending]) => ending.test(key));
  const words = (unit ? key.replace(unit[0], '') : key)
    .replace(/([A-Z])/g, ' $1')
    .toLowerCase()
    .replace(/\b(url|id|ttl)\b/g, (word) => word.toUpperCase())
    .replace(/\bmax\b/, 'maximum')
    .replace('same site', 'SameSite');
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  return unit ? `${name} (${unit[1]})` : name;
}

/** How an empty list is written where an empty field means that the key is left out. */
const EMPTY_LIST = 'none';

/** A value as its field shows it. */
export const asText = ({ empty }: Pick<Field, 'empty'>, value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 && empty === 'unset' ? EMPTY_LIST : value.join(', ');
};

/** The typed text as a value. Text that does not fit is kept as it was typed, so that the API can say what is wrong. */
export function fromText({ kind, empty }: Field, text: string): unknown {
  const written = text.trim();
  if (written === '' && empty !== 'text') return empty === 'null' ? null : undefined;
  if (kind === 'list') {
    const items = written.split(',').map((item) => item.trim());
    return items.filter((item) => item !== '' && !(empty === 'unset' && item === EMPTY_LIST)).map(numberOr);
  }
  return kind === 'number' || kind === 'mixed' ? numberOr(written) : text;
}

const numberOr = (text: string): string | number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

/** A choice's label: `yes` and `no` for a boolean. */
export const choiceLabel = (choice: unknown): string =>
  typeof choice === 'boolean' ? (choice ? 'yes' : 'no') : String(choice);

/** The text below a field: its description, bounds and default. */
export function hintOf({ description, kind, min, max, default: value, empty }: Field): string {
  const bounds = kind === 'number' && min !== undefined && max !== undefined ? `${min} to ${max}` : '';
  const isPlain = typeof value !== 'object' || Array.isArray(value);
  const text = typeof value === 'boolean' ? choiceLabel(value) : asText({ empty }, value);
  const standard = value !== undefined && isPlain && empty !== 'null' && text !== '' ? `default ${text}` : '';
  const facts = [bounds, standard].filter((fact) => fact !== '').join(', ');
  return [description, facts]
    .filter((part) => part !== '')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}.`)
    .join(' ');
}

/** The object that the schema's defaults make; fields without a default are empty. */
export function defaultsOf(fields: readonly Field[]): Record<string, unknown> {
  const entries = fields.flatMap((field) => {
    const value = defaultOf(field);
    return value === undefined ? [] : [[field.path.slice(field.path.lastIndexOf('.') + 1), value]];
  });
  return Object.fromEntries(entries);
}

function defaultOf({ kind, empty, fields, default: value }: Field): unknown {
  if (kind === 'group') return empty === 'null' ? null : defaultsOf(fields);
  return value ?? { null: null, unset: undefined, text: '' }[empty];
}

/** The value at a path: `retry.maxRetries`. */
export const valueAt = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], object);

/**
 * The object with another value at a path; the rest keeps its identity. undefined leaves the key out, and an inner
 * object without any key left becomes null.
 */
export function withValue<T>(object: T, path: string, value: unknown): T {
  const [key = '', ...rest] = path.split('.');
  const { [key]: old, ...others } = (object ?? {}) as Record<string, unknown>;
  const next = rest.length === 0 ? value : withValue(old, rest.join('.'), value);
  if (next !== undefined) return { ...(object ?? {}), [key]: next } as T;
  return (Object.keys(others).length > 0 ? others : null) as T;
}
