/** Routes of a pool in maintenance. */
import { expect, test } from 'vitest';
import type { RouteConfig } from '../../../../dashboard/api/config.ts';
import { leadsTo, ledElsewhere } from '../../../../dashboard/model/maintenance.ts';
import { parse } from '../../../../worker/config/check.ts';
import { routeSchema } from '../../../../worker/config/schema.ts';

function routeOf(more: object): RouteConfig {
  const parsed = parse(routeSchema, { id: 'r', host: 'r.test', ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}
const split = (...pools: (readonly [string, number])[]) =>
  routeOf({ split: { pools: pools.map(([pool, weight]) => ({ pool, weight })) } });
const ANSWER = { kind: 'respond', status: 503, body: 'Soon.' } as const;
const OTHER = { kind: 'pool', pool: 'other' } as const;

test('a route leads to its pool and to each pool of its split with a weight', () => {
  expect(leadsTo('shop', routeOf({ pool: 'shop' }))).toBe(true);
  expect(leadsTo('shop', split(['shop', 1], ['b', 0]))).toBe(true);
  expect(leadsTo('b', split(['shop', 1], ['b', 0]))).toBe(false);
});

test('a fixed answer replaces the pool, and what acts only with a pool', () => {
  const route = routeOf({ pool: 'shop', stripPrefix: true, mirror: { pool: 'shadow' }, maxBodyBytes: 5 });
  const answered = ledElsewhere(route, 'shop', ANSWER);
  expect(answered).toMatchObject({ pool: null, mirror: null, maxBodyBytes: null, stripPrefix: false });
  expect(answered.respond).toMatchObject({
    status: 503,
    body: 'Soon.',
    contentType: 'text/plain; charset=utf-8',
  });
  expect(ledElsewhere(route, 'shop', { ...ANSWER, body: '<p>Soon</p>' }).respond?.contentType).toMatch(
    /html/,
  );
  expect(parse(routeSchema, answered).ok).toBe(true);
});

test('another pool takes over, in a split with the weight of the first', () => {
  expect(ledElsewhere(routeOf({ pool: 'shop' }), 'shop', OTHER).pool).toBe('other');
  const pools = (route: RouteConfig) => route.split?.pools.map(({ pool, weight }) => [pool, weight]);
  expect(pools(ledElsewhere(split(['shop', 3], ['b', 1]), 'shop', OTHER))).toEqual([
    ['other', 3],
    ['b', 1],
  ]);
  expect(pools(ledElsewhere(split(['shop', 3], ['other', 1]), 'shop', OTHER))).toEqual([['other', 4]]);
  expect(pools(ledElsewhere(split(['shop', 3], ['b', 1]), 'shop', ANSWER))).toEqual([
    ['shop', 0],
    ['b', 1],
  ]);
  expect(ledElsewhere(split(['shop', 3], ['b', 0]), 'shop', ANSWER)).toMatchObject({
    split: null,
    pool: null,
  });
});
