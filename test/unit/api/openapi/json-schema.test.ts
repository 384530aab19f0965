/** The JSON Schema of the document, by an independent validator: it accepts what the API accepts. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { documentJsonSchema } from '../../../../worker/api/openapi/json-schema.ts';
import { parseDocument } from '../../../../worker/config/check.ts';

const schema = documentJsonSchema();
const isValid = new Ajv2020({ allErrors: true, strict: true, strictTypes: false }).compile(schema);

const pool = { id: 'shop', backends: [{ id: 'a', url: 'https://a.example.net' }] };
const route = { id: 'shop', host: 'shop.example.com', pool: 'shop' };

test('it is a schema of JSON Schema 2020-12 that allows $schema', () => {
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(isValid({ $schema: './schema.json', pools: [], routes: [] })).toBe(true);
});

test.each<[string, unknown]>([
  ['an empty document', {}],
  ['only what is required', { pools: [pool], routes: [route] }],
  ['a complete document, with every default', complete({ pools: [pool], routes: [route] })],
  ['an override of retries', { pools: [pool], routes: [{ ...route, retry: { maxRetries: 0 } }] }],
])('it accepts %s', (_, document) => {
  expect([isValid(document), isValid.errors]).toEqual([true, null]);
  expect(parseDocument(document).ok).toBe(true);
});

test.each<[string, unknown]>([
  ['an unknown key', { pools: [], routes: [], pool: [] }],
  ['an unknown key of a backend', { pools: [{ ...pool, backends: [{ id: 'a', uri: '' }] }] }],
  ['a weight that is text', { pools: [{ ...pool, backends: [{ id: 'a', weight: '1' }] }] }],
  ['a pool without backends', { pools: [{ id: 'shop' }] }],
  ['an unknown policy', { pools: [{ ...pool, policy: 'fastest' }] }],
  ['a host with a port', { routes: [{ ...route, host: 'shop.example.com:80' }] }],
  ['a $schema that is no text', { $schema: 1 }],
])('it refuses %s', (_, document) => {
  expect(isValid(document)).toBe(false);
  expect(parseDocument(document).ok).toBe(false);
});

function complete(document: unknown): unknown {
  const parsed = parseDocument(document);
  return parsed.ok ? parsed.value : expect.fail('the document is not valid');
}
