/** From a JSON Schema to the fields of a form: kind, label, bounds and default of each. No I/O. */
import type { JsonSchema } from '../../api/openapi.ts';
import { count } from '../../model/format.ts';
import { exactDuration, exactSize, parseDuration, parseSize } from '../../model/quantity.ts';

export type Scalar = string | number | boolean;

/** One field, or a group of them; `path` is its place in the object: `retry.maxRetries`. */
export interface Field {
  readonly path: string;
  readonly label: string;
  /**
   * `choice`: one of a few values · `mixed`: one of a few values, or a number · `flag` · `number` · `duration` and `size`:
   * numbers that are written with a unit · `text` · `long`: text of several lines · `list`: separated by commas · `rows`: a
   * list of objects, each with `fields` · `pairs`: names and their values · `group`: has `fields`.
   */
  readonly kind:
    | 'choice'
    | 'mixed'
    | 'flag'
    | 'number'
    | 'duration'
    | 'size'
    | 'text'
    | 'long'
    | 'list'
    | 'rows'
    | 'pairs'
    | 'group';
  readonly description: string;
  readonly choices: readonly Scalar[];
  readonly min?: number;
  readonly max?: number;
  /** What an empty field means: `null`, `unset` (the key is left out), or nothing but an empty text. */
  readonly empty: 'null' | 'unset' | 'text';
  readonly default?: unknown;
  /** Those of rows have paths within one row. */
  readonly fields: readonly Field[];
  /** A list of texts: `204` stays a text. */
  readonly isOfTexts?: boolean;
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
  const number = parts.find(
    ({ type, const: only }) => (type === 'integer' || type === 'number') && only === undefined,
  );
  const path = at + key;
  const isNullable = parts.length < options.length;
  return {
    path,
    label: labelOf(path),
    kind: LONG.has(path) ? 'long' : withUnit(kindOf(parts, choices, number), key),
    description: schema.description ?? '',
    choices,
    min: number?.minimum,
    max: number?.maximum,
    empty: isNullable ? 'null' : isRequired || schema.default !== undefined ? 'text' : 'unset',
    default: schema.default,
    isOfTexts: parts[0]?.items?.type === 'string',
    fields: parts.length === 1 ? innerFields(parts[0]!, path) : [],
  };
}

const innerFields = (schema: JsonSchema, path: string): Field[] =>
  schema.items?.properties ? fieldsOf(schema.items) : fieldsOf(schema, [], `${path}.`);

/** Texts that are written in several lines. */
const LONG: ReadonlySet<string> = new Set(['respond.body']);

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
  if (first?.type === 'array') return first.items?.properties ? 'rows' : 'list';
  if (first?.type === 'object') return 'pairs';
  if (parts.length === 1 && first?.type === 'boolean') return 'flag';
  if (choices.length > 0) return number ? 'mixed' : 'choice';
  return number ? 'number' : 'text';
}

/** The names of keys with a unit end with it. */
const withUnit = (kind: Field['kind'], key: string): Field['kind'] =>
  kind !== 'number' ? kind : /(Ms|Seconds)$/.test(key) ? 'duration' : key.endsWith('Bytes') ? 'size' : kind;

/** Labels of keys whose own words say too little. */
const LABELS: Readonly<Record<string, string>> = {
  whenUnavailable: 'When no backend is available',
  'retry.on': 'Retry on',
  'retry.nonIdempotent': 'Retry POST and PATCH',
  'retry.budgetPercent': 'Retry budget (%)',
  'retry.bodyLimitBytes': 'Largest body to retry',
  'ejection.failures': 'Consecutive failures',
  'ejection.failurePercent': 'Failed share (%)',
  'ejection.minRequests': 'Least attempts for the share',
  'ejection.windowMs': 'Window of the share',
  'ejection.stallMs': 'Stalled after',
  'ejection.baseMs': 'First ejection',
  'ejection.maxMs': 'Longest ejection',
  'affinityCookie.ttlSeconds': 'Lifetime',
  maxStaleMs: 'Use a snapshot for at most',
  'healthCheck.unhealthyAfter': 'Unhealthy after',
  'healthCheck.healthyAfter': 'Healthy after',
  maxLease: 'Largest lease',
  logSampleRate: 'Share of successes logged',
  'requestHeaders.set': 'Set',
  'requestHeaders.add': 'Add',
  'requestHeaders.remove': 'Remove',
  'responseHeaders.set': 'Set',
  'responseHeaders.add': 'Add',
  'responseHeaders.remove': 'Remove',
  'match.query': 'Query parameters',
  'mirror.percent': 'Share (%)',
  maxBodyBytes: 'Largest body',
  'mirror.maxBodyBytes': 'Largest body',
};

/** Endings that are units: durations and sizes are written with theirs, so that the label does not need it. */
const UNITS: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/(Ms|Seconds|Bytes)$/, ''],
  [/Percent$/, ' (%)'],
];

/** `retry.maxEjectedPercent` is `Maximum ejected (%)` unless it has a label of its own; `url` is `URL`. */
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
  return `${name}${unit?.[1] ?? ''}`;
}

/** How an empty list is written where an empty field means that the key is left out. */
const EMPTY_LIST = 'none';

/** The milliseconds of a duration's unit in the document. */
const unitMs = ({ path }: Pick<Field, 'path'>): number => (path.endsWith('Seconds') ? 1_000 : 1);

/** A value as its field shows it: `15 s`, `64 KiB`. */
export const asText = (field: Pick<Field, 'empty' | 'kind' | 'path'>, value: unknown): string => {
  const { empty, kind } = field;
  if (value === null || value === undefined) return '';
  if (kind === 'duration' && typeof value === 'number') return exactDuration(value * unitMs(field));
  if (kind === 'size' && typeof value === 'number') return exactSize(value);
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 && empty === 'unset' ? EMPTY_LIST : value.join(', ');
};

/** The typed text as a value. Text that does not fit is kept as it was typed, so that the API can say what is wrong. */
export function fromText(field: Field, text: string): unknown {
  const { kind, empty, isOfTexts } = field;
  const written = text.trim();
  if (written === '' && empty !== 'text') return empty === 'null' ? null : undefined;
  if (kind === 'list') {
    const items = written.split(',').map((item) => item.trim());
    const listed = items.filter((item) => item !== '' && !(empty === 'unset' && item === EMPTY_LIST));
    return isOfTexts ? listed : listed.map(numberOr);
  }
  if (kind === 'duration') {
    const ms = parseDuration(written);
    return ms === null ? text : ms / unitMs(field);
  }
  if (kind === 'size') return parseSize(written) ?? text;
  return kind === 'number' || kind === 'mixed' ? numberOr(written) : text;
}

/** What is wrong with a value that the form itself can judge: a duration or a size that was not understood. */
export function misread({ kind }: Field, value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  if (kind === 'duration')
    return /^[\d.]+$/.test(value.trim())
      ? `needs a unit, such as ${value.trim()} s or ${value.trim()} min`
      : 'must be a time such as 500 ms, 15 s, 5 min or 1 h';
  return kind === 'size' ? 'must be a size such as 64 KiB or 1 MiB' : undefined;
}

/** The API's message with the figures of a duration or a size in the units of the form, and other fields by their labels. */
export function inUnits(field: Field, message: string | undefined): string | undefined {
  if (message === undefined || (field.kind !== 'duration' && field.kind !== 'size')) return message;
  const written = (figure: string): string => asText(field, Number(figure));
  const parent = field.path.slice(0, field.path.lastIndexOf('.') + 1);
  return message
    .replace(
      /a whole number from (\d+) to (\d+)( \(\w+\))?/,
      (_, a, b) => `from ${written(a)} to ${written(b)}`,
    )
    .replace(
      /(\w+(?:Ms|Bytes)) \((\d+)\)/,
      (_, key, figure) => `${labelOf(parent + key)} (${written(figure)})`,
    );
}

const numberOr = (text: string): string | number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

/** A choice's label: `yes` and `no` for a boolean. */
export const choiceLabel = (choice: unknown): string =>
  typeof choice === 'boolean' ? (choice ? 'yes' : 'no') : String(choice);

/** A value as a sentence shows it: a plain number with separators. */
const written = (field: Field, value: unknown): string =>
  field.kind === 'number' && typeof value === 'number' ? count(value) : asText(field, value);

/** A field's default as its field shows it; null where it has none that an operator could type. */
export function defaultText(field: Field, words: FieldProps['words'] = {}): string | null {
  const { empty, default: value } = field;
  const isPlain = typeof value !== 'object' || Array.isArray(value);
  const label = typeof value === 'string' ? words[value] : undefined;
  const text = label ?? (typeof value === 'boolean' ? choiceLabel(value) : written(field, value));
  return value !== undefined && isPlain && empty !== 'null' && text !== '' ? text : null;
}

/** Whether a value is not the default; false where there is no default. */
export const isChanged = ({ default: standard, empty, kind }: Field, value: unknown): boolean =>
  standard !== undefined &&
  kind !== 'group' &&
  (empty === 'null' ? value !== null : JSON.stringify(value) !== JSON.stringify(standard));

/** The text below a field: its description, bounds and default. */
export function hintOf(field: Field, words: FieldProps['words'] = {}): string {
  const { description, kind, min, max } = field;
  const isNumber = kind === 'number' || kind === 'duration' || kind === 'size';
  const bounds =
    isNumber && min !== undefined && max !== undefined
      ? `${written(field, min)} to ${written(field, max)}`
      : '';
  const standard = defaultText(field, words);
  const facts = [bounds, standard === null ? '' : `default ${standard}`]
    .filter((fact) => fact !== '')
    .join(', ');
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
