/** The configuration's keys as tables in Markdown, from worker/config/schema.ts. No I/O. */
import { z } from 'zod';
import { alertSchema, backendSchema, poolSchema, routeSchema } from '../../worker/config/schema.ts';

/** A key as JSON Schema describes it; of the standard, only what our schema uses. */
interface Key {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly Key[];
  readonly items?: Key;
  readonly properties?: Readonly<Record<string, Key>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
}

/** Returns one table for each kind of object in the document, by the name of its block in docs/configuration.md. */
export function configTables(): Record<'pool' | 'backend' | 'route' | 'alert', string> {
  return {
    pool: tableOf(poolSchema),
    backend: tableOf(backendSchema),
    route: tableOf(routeSchema),
    alert: tableOf(alertSchema),
  };
}

function tableOf(schema: z.ZodType): string {
  const rows = rowsOf(z.toJSONSchema(schema, { io: 'input' }) as Key, '');
  const lines = rows.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`);
  return ['| key | type | default | limit | meaning |', '| --- | --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}

/** A table splits its rows at every `|`, in code too. */
const escapeCell = (text: string): string => text.replaceAll('|', '\\|');

function rowsOf({ properties = {}, required = [] }: Key, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, key]) => {
    const path = `${prefix}${name}`;
    const own = [code(path), typeOf(key), defaultOf(key, required.includes(name)), limitOf(key)];
    const row = [...own, key.description ?? ''];
    const nested = key.properties ? key : key.anyOf?.find(({ properties: inner }) => inner);
    return nested ? [row, ...rowsOf(nested, `${path}.`)] : [row];
  });
}

const code = (text: string): string => (text.includes('`') ? `\`\`${text}\`\`` : `\`${text}\``);

function typeOf(key: Key): string {
  if (key.anyOf) return key.anyOf.map(typeOf).join(' or ');
  if (key.enum) return key.enum.map((word) => code(JSON.stringify(word))).join(', ');
  if (key.const !== undefined) return code(JSON.stringify(key.const));
  if (key.items)
    return `list of ${key.items.properties ? 'objects' : typeOf(key.items).replace('integer', 'integers')}`;
  return key.type ?? 'any';
}

function defaultOf(key: Key, isRequired: boolean): string {
  if (isRequired) return 'required';
  if (key.default === undefined) return 'not set';
  return key.properties ? 'see below' : code(JSON.stringify(key.default)).replaceAll(',', ', ');
}

function limitOf(key: Key): string {
  const limits = (key.anyOf ?? [key]).map(ownLimitOf).filter((limit) => limit !== '');
  return limits.join('; ');
}

function ownLimitOf({ items, pattern, ...key }: Key): string {
  const parts: string[] = [];
  if (key.minimum !== undefined && key.maximum !== undefined)
    parts.push(`${spaced(key.minimum)} to ${spaced(key.maximum)}`);
  if (key.minItems !== undefined) parts.push(`at least ${key.minItems}`);
  if (key.maxItems !== undefined) parts.push(`at most ${spaced(key.maxItems)}`);
  if (key.maxLength !== undefined) parts.push(`at most ${spaced(key.maxLength)} characters`);
  // A long pattern is a grammar that the key's description and the error message put into words.
  if (pattern !== undefined && pattern.length <= LONGEST_PATTERN) parts.push(code(pattern));
  const ofItems = items && !items.properties ? limitOf(items) : '';
  if (ofItems !== '') parts.push(`each ${ofItems}`);
  return parts.join(', ');
}

const LONGEST_PATTERN = 60;

const spaced = (value: number): string => value.toLocaleString('en-US');
