/** Forms built from the API's schemas: their fields, what typed text means, and where each message belongs. */
import { expect, test } from 'vitest';
import type { JsonSchema } from '../../../../../dashboard/api/openapi.ts';
import {
  asText,
  defaultsOf,
  fieldsOf,
  fromText,
  hintOf,
  inUnits,
  isChanged,
  labelOf,
  misread,
  valueAt,
  withValue,
} from '../../../../../dashboard/components/schema-form/fields.ts';
import { operations } from '../../../../../worker/api/index.ts';
import { openApiDocument } from '../../../../../worker/api/openapi/document.ts';
import { healthCheckSchema, routeSchema } from '../../../../../worker/config/schema.ts';

const { schemas } = (openApiDocument(operations) as { components: { schemas: Record<string, JsonSchema> } })
  .components;
const pool = fieldsOf(schemas.PoolInput!, ['id', 'backends']);
const backend = fieldsOf(schemas.BackendInput!);
const route = fieldsOf(schemas.RouteInput!);
const fieldAmong = (fields: typeof pool) => (path: string) =>
  [...fields, ...fields.flatMap((one) => one.fields)].find((one) => one.path === path)!;
const field = fieldAmong([...pool, ...backend]);
const routeField = fieldAmong(route);

test.each([
  ['policy', 'choice'],
  ['hashKey', 'text'],
  ['timeoutMs', 'duration'],
  ['retry.bodyLimitBytes', 'size'],
  ['maxLease', 'number'],
  ['sharding', 'mixed'],
  ['retry', 'group'],
  ['retry.on', 'list'],
  ['retry.nonIdempotent', 'choice'],
  ['ejection.failureStatuses', 'list'],
  ['healthCheck', 'group'],
  ['healthCheck.headers', 'pairs'],
  ['healthCheck.expectedStatuses', 'list'],
  ['url', 'text'],
  ['state', 'choice'],
])('%s is a field of kind %s', (path, kind) => {
  expect(field(path).kind).toBe(kind);
});

test.each([
  ['pathMatch', 'choice'],
  ['match', 'group'],
  ['match.methods', 'list'],
  ['match.headers', 'rows'],
  ['split.pools', 'rows'],
  ['redirect.status', 'choice'],
  ['redirect.host', 'text'],
  ['respond.body', 'long'],
  ['respond.headers', 'pairs'],
  ['requestHeaders.set', 'pairs'],
  ['requestHeaders.remove', 'list'],
  ['maxBodyBytes', 'size'],
  ['mirror.percent', 'number'],
])('%s of a route is a field of kind %s', (path, kind) => {
  expect(routeField(path).kind).toBe(kind);
});

test('the fields of rows have paths within their row', () => {
  expect(routeField('match.headers').fields.map(({ path }) => path)).toEqual([
    'name',
    'value',
    'prefix',
    'present',
    'not',
  ]);
});

test('every setting of a pool has its field, with a description', () => {
  expect(pool.map(({ path }) => path)).toEqual(
    Object.keys(schemas.PoolInput!.properties!).filter((key) => key !== 'id' && key !== 'backends'),
  );
  expect(pool.filter(({ description }) => description === '')).toEqual([]);
});

test('every key of a route has its field, and a new route has the defaults of the schema', () => {
  expect(route.map(({ path }) => path)).toEqual(Object.keys(routeSchema.shape));
  const known = { id: 'r', host: 'r.test', pool: 'p' };
  expect({ ...defaultsOf(route), ...known }).toEqual(routeSchema.parse(known));
  expect(defaultsOf(backend)).toMatchObject({ id: '', url: null, weight: 1, state: 'active' });
});

test.each([
  ['timeoutMs', '', null],
  ['retry.maxRetries', '', undefined],
  ['retry.maxRetries', '0', 0],
  ['retry.on', '', undefined],
  ['retry.on', 'none', []],
  ['retry.on', 'timeout, 503', ['timeout', 503]],
  ['affinityCookie.ttlSeconds', '', ''],
])("a route's %s typed as %j is %j, and is shown as it was typed", (path, text, value) => {
  expect(fromText(routeField(path), text)).toEqual(value);
  expect(asText(routeField(path), value)).toBe(text);
});

test('an override that is emptied is left out, and the last one takes the group with it', () => {
  const one = withValue({ retry: null }, 'retry.maxRetries', 3);
  expect(one).toEqual({ retry: { maxRetries: 3 } });
  const two = withValue(one, 'retry.on', []);
  expect(withValue(two, 'retry.maxRetries', undefined)).toEqual({ retry: { on: [] } });
  expect(withValue(one, 'retry.maxRetries', undefined)).toEqual({ retry: null });
});

test.each([
  ['timeoutMs', '250 ms', 250],
  ['timeoutMs', '1.5 min', 90_000],
  ['timeoutMs', '250', '250'],
  ['timeoutMs', 'soon', 'soon'],
  ['timeoutMs', '', ''],
  ['retry.bodyLimitBytes', '1 MiB', 1_048_576],
  ['url', '', null],
  ['retry.on', 'timeout, 503,', ['timeout', 503]],
  ['sharding', '4', 4],
  ['healthCheck.expectedStatuses', '2xx, 304', ['2xx', '304']],
])('%s: %j becomes %j', (path, text, value) => {
  expect(fromText(field(path), text)).toEqual(value);
});

test('a group that may be off is switched on with the defaults of the schema', () => {
  const group = field('healthCheck');
  expect(defaultsOf(group.fields)).toEqual(healthCheckSchema.parse({}));
});

test('a hint has description, bounds and default', () => {
  expect(hintOf(field('maxLease'))).toBe(
    'Limit on picks handed out at once; 1: one call per request. 1 to 1,024, default 64.',
  );
  expect(hintOf(field('retry.nonIdempotent'))).toMatch(/ Default no\.$/);
  expect(['retry.bodyLimitBytes', 'url', 'ejection.maxEjectedPercent', 'slowStartMs'].map(labelOf)).toEqual([
    'Largest body to retry',
    'URL',
    'Maximum ejected (%)',
    'Slow start',
  ]);
  expect(hintOf(field('ejection.baseMs'))).toMatch(/ 100 ms to 1 h, default 10 s\.$/);
});

test('durations are written in units, in the messages of the API too', () => {
  const lifetime = routeField('affinityCookie.ttlSeconds');
  expect(asText(lifetime, 82_800)).toBe('23 h');
  expect(fromText(lifetime, '2 h')).toBe(7_200);
  expect(inUnits(lifetime, 'must be a whole number from 60 to 31536000 (seconds)')).toBe(
    'must be from 1 min to 365 d',
  );
  expect(inUnits(field('ejection.maxMs'), 'must be at least baseMs (400000)')).toBe(
    'must be at least First ejection (400 s)',
  );
  expect(misread(lifetime, '2')).toBe('needs a unit, such as 2 s or 2 min');
  expect(misread(lifetime, 'soon')).toMatch(/must be a time/);
  expect([misread(lifetime, 120), misread(lifetime, ''), misread(field('url'), 'x')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a value that is not the default is marked', () => {
  expect(isChanged(field('ejection.baseMs'), 10_000)).toBe(false);
  expect(isChanged(field('ejection.baseMs'), 5_000)).toBe(true);
  expect(isChanged(field('ejection.failureStatuses'), [500])).toBe(true);
  expect(isChanged(routeField('timeoutMs'), null)).toBe(false);
  expect(isChanged(routeField('timeoutMs'), 5)).toBe(true);
});

test('a value is changed at its path, and the rest is the same object', () => {
  const before = { retry: { on: [1], maxRetries: 2 }, ejection: {} };
  const after = withValue(before, 'retry.maxRetries', 3);
  expect(after).toEqual({ retry: { on: [1], maxRetries: 3 }, ejection: {} });
  expect(after.ejection).toBe(before.ejection);
  expect(valueAt(after, 'retry.maxRetries')).toBe(3);
  expect(valueAt(after, 'nothing.there')).toBeUndefined();
});
