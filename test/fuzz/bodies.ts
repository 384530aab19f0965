/** Bodies made from the JSON Schemas of the OpenAPI document: such as fit, and such as were broken at one place. No I/O. */
import type { Json } from '../support/product/product.ts';
import type { Random } from '../support/random.ts';

/** Strings of which one or another fits every pattern that the schemas have. */
const TEXTS = [
  'a',
  'b',
  'shop',
  'x-1',
  'a'.repeat(63),
  'a.example.com',
  '*.example.com',
  'https://a.example.net',
  'http://127.0.0.1:8080/prefix',
  '/',
  '/api',
  '/a/b/',
  'ip',
  'path',
  'header:X-Key',
  'cookie:key',
  'fail-open',
  'reject',
  'pool:b',
  'X-Backend-Id',
  'SERVICE',
  'GET',
  '2001:db8::1',
  '192.0.2.1',
];

/** What no schema expects where it stands. */
const JUNK: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e9,
  2 ** 53,
  -0,
  '',
  ' ',
  'a b',
  'A',
  '\u0000',
  '\ud800',
  '\u{1f600}',
  'constructor',
  '__proto__',
  '../..',
  '<script>alert(1)</script>',
  'x'.repeat(5_000),
  'javascript:alert(1)',
  'http://',
  'http://user:pass@a.example.net/?q#f',
  '//a.example.net',
  'http://[::1',
  'https://a.example.net\\@b.example.net',
  'pool:missing',
  [],
  [null],
  [[]],
  {},
  { id: 'a' },
  { toString: 1 },
  Array.from({ length: 70 }, () => 503),
];

const KEYS = ['constructor', '__proto__', 'toString', 'ID', ' id', '', '\u0000', '\ud800', '0', 'length'];

/** A value that fits `schema`, as far as the schema alone tells. */
export function fitting(schema: Json, components: Json, random: Random): unknown {
  if (schema.$ref) return fitting(components[schema.$ref.split('/').at(-1)], components, random);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fitting(random.pick(choices), components, random);
  switch (schema.type) {
    case 'object':
      return fittingObject(schema, components, random);
    case 'array': {
      const length = random.int(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 3));
      return Array.from({ length }, () => fitting(schema.items, components, random));
    }
    case 'integer':
    case 'number': {
      const [min, max] = [schema.minimum ?? 0, Math.min(schema.maximum ?? 1_000, 1e6)];
      if (schema.type === 'number') return min + random.next() * (max - min);
      return random.next() < 0.3 ? random.pick([min, max]) : random.int(min, max);
    }
    case 'boolean':
      return random.next() < 0.5;
    case 'null':
      return null;
    default:
      return random.pick(TEXTS.filter((text) => fitsText(schema, text)));
  }
}

function fitsText(schema: Json, text: string): boolean {
  const patterns = [schema.pattern, ...(schema.allOf ?? []).map((part: Json) => part.pattern)];
  return patterns.every((pattern) => !pattern || new RegExp(pattern, 'u').test(text));
}

function fittingObject(schema: Json, components: Json, random: Random): Json {
  const value: Json = {};
  for (const [key, property] of Object.entries<Json>(schema.properties ?? {})) {
    // A backend is nowhere without its URL, which the schema alone cannot say.
    const isNeeded = schema.required?.includes(key) || (key === 'url' && random.next() < 0.9);
    if (key === 'binding' && random.next() < 0.95) continue;
    if (isNeeded || random.next() < 0.4) value[key] = fitting(property, components, random);
    if (key === 'pool' && random.next() < 0.9) value[key] = random.pick(['a', 'b']);
    if (key === 'url' && value[key] === null) value[key] = 'https://a.example.net';
  }
  return value;
}

/** The same value with one place broken: replaced by something else, left out, or with a key too many. */
export function broken(value: unknown, random: Random): unknown {
  const isDeeper = typeof value === 'object' && value !== null && random.next() < 0.8;
  const keys = isDeeper ? Object.keys(value as object) : [];
  if (keys.length === 0) return random.pick(JUNK);
  const copy = structuredClone(value) as Json;
  const key = random.pick(keys);
  const what = random.next();
  if (what < 0.1) delete copy[key];
  else if (what < 0.25 && !Array.isArray(copy)) copy[random.pick(KEYS)] = random.pick(JUNK);
  else copy[key] = broken(copy[key], random);
  return copy;
}

/** Texts that are no JSON of ours at all. */
export const TEXT_BODIES: readonly string[] = [
  '',
  'null',
  '"',
  '{',
  '[1,]',
  'NaN',
  '{"id":1e999}',
  '\ufeff{}',
  '{"__proto__":{"weight":5}}',
  '{"id":"a","id":"b","url":"https://a.example.net"}',
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join()}}`,
  `{"${'k'.repeat(200_000)}":1}`,
  `{"pools":[${'{"id":"a"},'.repeat(20_000)}{}]}`,
  `{"routes":[${'1,'.repeat(50_000)}1]}`,
  `{"pools":[],"routes":[],"x":"${'y'.repeat(100_000)}"}`,
];
