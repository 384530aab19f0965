/** A new pool as it is typed: backends, a route and messages. */
import { describe, expect, test } from 'vitest';
import { addPool } from '../../../../dashboard/changes/change.ts';
import {
  EMPTY_POOL,
  poolOf,
  routeTo,
  typedHost,
  urlProblems,
} from '../../../../dashboard/model/pool-draft.ts';
import { type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';

const route = (fields: object): RouteConfig =>
  routeSchema.parse({ id: 'r', host: 'shop.test', pool: 'p', ...fields });

describe('a new pool', () => {
  const draft = { ...EMPTY_POOL, id: 'shop', urls: 'http://a.test\n\n http://b.test ', host: 'Shop.test' };

  test('has a backend for each line that is not empty', () => {
    expect(poolOf(draft).backends).toMatchObject([
      { id: 'a', url: 'http://a.test' },
      { id: 'b', url: 'http://b.test' },
    ]);
    expect(poolOf({ ...draft, urls: 'x\n'.repeat(28) }).backends.at(-1)!.id).toBe('b28');
  });

  test('has a route with its own id, or the next free one, and none without a host', () => {
    expect(routeTo(draft, [])).toMatchObject({ id: 'shop', host: 'shop.test', pool: 'shop' });
    expect(routeTo(draft, ['shop'])!.id).toBe('shop-2');
    expect(routeTo({ ...draft, host: ' ' }, [])).toBeNull();
  });

  test('a message about a backend names its line', () => {
    const problems = [{ path: 'backends[1].url', message: 'is wrong' }];
    expect(urlProblems(draft, problems)).toBe('line 3 is wrong');
    expect(urlProblems({ ...draft, urls: 'x' }, [{ path: 'backends[0].url', message: 'is wrong' }])).toBe(
      'is wrong',
    );
    expect(urlProblems(draft, [{ path: 'id', message: 'is wrong' }])).toBeUndefined();
  });

  test('and its route are added and undone as one change', () => {
    const change = addPool(poolOf(draft), routeTo(draft, []));
    const before = { pools: [], routes: [route({ id: 'other' })], alerts: [] };
    const after = change.apply(before);
    expect(after.pools).toHaveLength(1);
    expect(after.routes.map(({ id }) => id)).toEqual(['other', 'shop']);
    expect(change.undo(before)!.apply(after)).toEqual(before);
  });
});

test.each([
  ['shop.example.com', 'shop.example.com'],
  [' Shop.Example.com:443 ', 'shop.example.com'],
  ['https://shop.example.com/cart?x=1', 'shop.example.com'],
  ['shop.example.com:8080', 'shop.example.com:8080'],
])('the host of %j is %j', (text, host) => {
  expect(typedHost(text)).toBe(host);
});
