/** Forms made of the API's schemas: which fields there are, what typed text becomes, which message belongs where. */
import { expect, test } from 'vitest';
import type { JsonSchema } from '../../dashboard/api/openapi.ts';
import { pathOf } from '../../dashboard/changes/dry-run.ts';
import {
  fieldsOf,
  fromText,
  hintOf,
  labelOf,
  valueAt,
  withValue,
} from '../../dashboard/components/schema-form/fields.ts';
import { messageAt, within } from '../../dashboard/model/problems.ts';
import { openApiDocument } from '../../worker/api/openapi.ts';
import { configSchema } from '../../worker/config/schema.ts';

const { schemas } = (openApiDocument() as { components: { schemas: Record<string, JsonSchema> } }).components;
const pool = fieldsOf(schemas.PoolInput!, ['id', 'backends']);
const backend = fieldsOf(schemas.BackendInput!);
const field = (path: string) =>
  [...pool, ...pool.flatMap(({ fields }) => fields), ...backend].find((one) => one.path === path)!;

test.each([
  ['policy', 'choice'],
  ['hashKey', 'text'],
  ['timeoutMs', 'number'],
  ['sharding', 'mixed'],
  ['retry', 'group'],
  ['retry.on', 'list'],
  ['retry.nonIdempotent', 'choice'],
  ['ejection.failureStatuses', 'list'],
  ['url', 'text'],
  ['state', 'choice'],
])('%s is a field of kind %s', (path, kind) => {
  expect(field(path).kind).toBe(kind);
});

test('every setting of a pool has its field, with a description', () => {
  expect(pool.map(({ path }) => path)).toEqual(
    Object.keys(schemas.PoolInput!.properties!).filter((key) => key !== 'id' && key !== 'backends'),
  );
  expect(pool.filter(({ description }) => description === '')).toEqual([]);
});

test.each([
  ['timeoutMs', '250', 250],
  ['timeoutMs', 'soon', 'soon'],
  ['timeoutMs', '', ''],
  ['url', '', null],
  ['retry.on', 'timeout, 503,', ['timeout', 503]],
  ['sharding', '4', 4],
])('%s: «%s» becomes %j', (path, text, value) => {
  expect(fromText(field(path), text)).toEqual(value);
});

test('a hint tells description, bounds and default', () => {
  expect(hintOf(field('maxLease'))).toBe(
    'Picks handed out at once; 1 is one call for each request. 1 to 1024, default 64.',
  );
  expect(hintOf(field('retry.nonIdempotent'))).toMatch(/ Default no\.$/);
  expect([labelOf('bodyLimitBytes'), labelOf('url'), labelOf('maxEjectedPercent')]).toEqual([
    'Body limit (bytes)',
    'URL',
    'Max ejected (%)',
  ]);
});

test('a value is changed where it stands, and the rest is the same object', () => {
  const before = { retry: { on: [1], maxRetries: 2 }, ejection: {} };
  const after = withValue(before, 'retry.maxRetries', 3);
  expect(after).toEqual({ retry: { on: [1], maxRetries: 3 }, ejection: {} });
  expect(after.ejection).toBe(before.ejection);
  expect(valueAt(after, 'retry.maxRetries')).toBe(3);
  expect(valueAt(after, 'nothing.there')).toBeUndefined();
});

test('messages of the whole document find the fields of one part', () => {
  const config = configSchema.parse({
    pools: [
      { id: 'p', backends: [{ id: 'a' }] },
      { id: 'q', backends: [{ id: 'a' }, { id: 'b' }] },
    ],
    routes: [{ id: 'r', host: 'r.test', pool: 'p' }],
  });
  expect(pathOf(config, { pool: 'q', backend: 'b' })).toBe('pools[1].backends[1]');
  expect(pathOf(config, { route: 'r' })).toBe('routes[0]');
  expect(pathOf(config, { pool: 'none' })).toBeNull();
  const found = within(
    [
      { path: 'pools[1].backends[1].url', message: 'is needed' },
      { path: 'pools[1].backends[10].url', message: 'of another' },
      { path: 'pools[1].retry.on[2]', message: 'must be' },
    ],
    'pools[1]',
  );
  expect(messageAt(found, 'retry.on')).toBe('must be');
  expect(messageAt(within(found, 'backends[1]'), 'url')).toBe('is needed');
});
