/** What a change makes of a document, and which changes are refused. */
import { expect, test } from 'vitest';
import { applyChange } from '../../../worker/config/change.ts';
import type { Change } from '../../../worker/config/changed.ts';
import { around, shop } from './samples.ts';

const put = (change: Change) => {
  const before = structuredClone(shop);
  const changed = applyChange(shop, change, around);
  expect(shop).toEqual(before);
  return changed;
};

test('a replaced backend keeps its place, a new one comes last', () => {
  const replaced = put({
    kind: 'put-backend',
    pool: 'shop',
    backend: 'b',
    body: { url: 'http://c.test', weight: 7 },
  });
  expect(replaced.ok && replaced.config.pools[0]!.backends.map(({ id, weight }) => [id, weight])).toEqual([
    ['b', 7],
    ['a', 1],
  ]);
  const added = put({ kind: 'put-backend', pool: 'shop', backend: 'c', body: { url: 'http://c.test' } });
  expect(added.ok && added.created && added.config.pools[0]!.backends.map(({ id }) => id)).toEqual([
    'b',
    'a',
    'c',
  ]);
});

test('a patch changes the fields it names and no other', () => {
  const changed = put({ kind: 'patch-backend', pool: 'shop', backend: 'a', body: { state: 'draining' } });
  expect(changed.ok && changed.config.pools[0]!.backends[1]).toEqual({
    ...shop.pools[0]!.backends[1],
    state: 'draining',
  });
});

test.each<[string, Change, string, string]>([
  [
    'a patch with a wrong field',
    { kind: 'patch-backend', pool: 'shop', backend: 'a', body: { weight: -1 } },
    'invalid',
    'weight',
  ],
  [
    'a patch with an unknown field',
    { kind: 'patch-backend', pool: 'shop', backend: 'a', body: { colour: 'red' } },
    'invalid',
    'colour',
  ],
  ['a patch that is a list', { kind: 'patch-backend', pool: 'shop', backend: 'a', body: [] }, 'invalid', ''],
  [
    'a patch of another id',
    { kind: 'patch-backend', pool: 'shop', backend: 'a', body: { id: 'z' } },
    'invalid',
    'id',
  ],
  [
    'a pool whose body names another id',
    { kind: 'put-pool', pool: 'shop', body: { id: 'z', backends: shop.pools[0]!.backends } },
    'invalid',
    'id',
  ],
  [
    'a pool with a wrong backend',
    { kind: 'put-pool', pool: 'new', body: { backends: [{ id: 'a', url: 'nope' }] } },
    'invalid',
    'backends[0].url',
  ],
  [
    'a route to no pool',
    { kind: 'put-route', route: 'n', body: { host: 'n.test', pool: 'nope' } },
    'invalid',
    'pool',
  ],
  [
    'a route on a host and path that are taken',
    { kind: 'put-route', route: 'n', body: { host: 'shop.test', pool: 'shop' } },
    'invalid',
    'path',
  ],
])('%s is refused with a path relative to the body', (_, change, reason, path) => {
  const changed = put(change);
  expect(changed.ok ? null : changed.reason).toBe(reason);
  expect(!changed.ok && changed.reason === 'invalid' && changed.errors.map((error) => error.path)).toContain(
    path,
  );
});

test.each<[string, Change, string]>([
  ['a pool that a route names', { kind: 'delete-pool', pool: 'shop' }, 'conflict'],
  ['the last backend', { kind: 'delete-backend', pool: 'spare', backend: 'x' }, 'conflict'],
  ['a backend that is not there', { kind: 'delete-backend', pool: 'shop', backend: 'q' }, 'missing'],
  ['a pool that is not there', { kind: 'delete-pool', pool: 'q' }, 'missing'],
  ['a route that is not there', { kind: 'delete-route', route: 'q' }, 'missing'],
])('deleting %s is refused', (_, change, reason) => {
  const changed = put(change);
  expect(changed.ok ? null : changed.reason).toBe(reason);
});
