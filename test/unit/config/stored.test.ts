/** Documents of earlier versions: what they leave out has its default. */
import { expect, test } from 'vitest';
import { configSchema, type PoolConfig, poolSchema } from '../../../worker/config/schema.ts';
import { completeConfig, completePool, completeRoutes } from '../../../worker/config/stored.ts';
import { compileRoute } from '../../../worker/proxy/routing/routes.ts';

const pool = { id: 'shop', backends: [{ id: 'a', url: 'https://a.example.net' }] };
const route = { id: 'shop', host: 'shop.example.com', pool: 'shop' };
const now = configSchema.parse({ pools: [pool], routes: [route] });

/** The keys of routes that have come since version 0.1.0. */
const SINCE = [
  'rewriteLocation',
  'pathMatch',
  'match',
  'split',
  'redirect',
  'respond',
  'rewritePrefix',
  'requestHeaders',
  'responseHeaders',
  'maxBodyBytes',
  'mirror',
];

/** The document as version 0.1.0 stored it. */
function stored() {
  const old = structuredClone(now) as unknown as {
    pools: { ejection: Record<string, unknown> }[];
    routes: Record<string, unknown>[];
  };
  for (const key of ['failurePercent', 'minRequests', 'stallMs']) delete old.pools[0]!.ejection[key];
  for (const key of SINCE) delete old.routes[0]![key];
  return old as unknown as typeof now;
}

test('a stored document gets the defaults of the keys that have come since', () => {
  expect(completeConfig(stored())).toEqual(now);
});

test('the values of a stored document are kept', () => {
  const old = stored();
  old.pools[0]!.ejection.maxEjectedPercent = 50;
  old.pools[0]!.timeoutMs = 15_000;
  const { ejection, timeoutMs } = completeConfig(old).pools[0]!;
  expect([ejection.maxEjectedPercent, timeoutMs]).toEqual([50, 15_000]);
});

test('a document that this version would refuse stays as it is', () => {
  const refused = { pools: [], routes: [], more: 1 } as unknown as typeof now;
  expect(completeConfig(refused)).toBe(refused);
});

test('a pool that comes by RPC from an object of an earlier version gets them too', () => {
  expect(completePool(stored().pools[0]!)).toEqual(now.pools[0]);
  const whole: PoolConfig = poolSchema.parse(pool);
  expect(completePool(whole)).toBe(whole);
});

test('routes that come by RPC from a Directory of an earlier version get them too', () => {
  expect(completeRoutes(stored().routes)).toEqual(now.routes);
  expect(completeRoutes(now.routes)).toBe(now.routes);
});

test('a route of an earlier version means what it meant: every request of its host and prefix goes to its pool as it is', () => {
  const [route] = completeRoutes(stored().routes);
  const { conditions, isExact, rewrite, requestEdits, responseEdits, redirect, respond, split, mirror } =
    compileRoute(route!);
  expect(isExact).toBe(false);
  expect([conditions, rewrite, requestEdits, responseEdits, redirect, respond, split, mirror]).toEqual(
    Array.from({ length: 8 }, () => null),
  );
});
