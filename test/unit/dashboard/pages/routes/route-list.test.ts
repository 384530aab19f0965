/** The list of routes: its order, its filter, and overrides in words. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  filterRoutes,
  inMatchingOrder,
  overrides,
} from '../../../../../dashboard/pages/routes/route-list.ts';
import { prefixOf } from '../../../../../worker/config/path.ts';
import { type RouteConfig, routeSchema } from '../../../../../worker/config/schema.ts';
import { compileRoutes, matchRoute } from '../../../../../worker/proxy/routing/routes.ts';
import { readTarget } from '../../../../../worker/proxy/routing/target.ts';

const route = (fields: object): RouteConfig =>
  routeSchema.parse({ id: 'r', host: 'shop.test', pool: 'p', ...fields });

const hosts = ['a.test', 'b.a.test', '*.test', '*.a.test', '*.b.a.test'];
const paths = ['/', '/x', '/x/y', '/xy'];

/** Whether a row's host and path match a request, as a person would read the list. */
const fits = ({ host, path }: RouteConfig, askedHost: string, askedPath: string): boolean =>
  (host.startsWith('*.') ? askedHost.endsWith(host.slice(1)) : host === askedHost) &&
  (prefixOf(path) === '' || askedPath === path || askedPath.startsWith(`${path}/`));

test('among the routes of the most specific host, the first row that matches a request is its route', () => {
  const places = fc.uniqueArray(fc.tuple(fc.constantFrom(...hosts), fc.constantFrom(...paths)), {
    selector: ([host, path]) => host + path,
  });
  const asked = fc.tuple(
    fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'z.test'),
    fc.constantFrom('/', '/x', '/x/y/z', '/xyz'),
  );
  fc.assert(
    fc.property(places, asked, (list, [host, path]) => {
      const routes = list.map(([h, p], i) => route({ id: `r${i}`, host: h, path: p }));
      const rows = inMatchingOrder(routes);
      // The host decides first, as in nginx: rows of less specific hosts are not considered.
      const decider = rows.find((row) => fits({ ...row, path: '/' }, host, path))?.host;
      const first = rows.find((row) => row.host === decider && fits(row, host, path));
      const request = new Request(`http://${host}${path}`);
      const target = readTarget(request.url);
      const found = matchRoute(compileRoutes(routes), target, { request, headers: request.headers, target });
      expect(found?.config.id).toBe(first?.id);
    }),
  );
});

test('the list is filtered by text in id, host or path, and by pool', () => {
  const routes = [
    route({ id: 'one', host: 'shop.test', path: '/Api' }),
    route({ id: 'two', host: 'api.test', pool: 'q' }),
    route({ id: 'three', host: 'blog.test' }),
  ];
  const ids = (by: Parameters<typeof filterRoutes>[1]) => filterRoutes(routes, by).map(({ id }) => id);
  expect(ids({})).toEqual(['one', 'two', 'three']);
  expect(ids({ find: ' API ' })).toEqual(['one', 'two']);
  expect(ids({ find: 'test/', pool: 'q' })).toEqual(['two']);
  expect(ids({ find: 'three' })).toEqual(['three']);
});

test('10,000 routes are sorted and filtered', () => {
  const routes = Array.from({ length: 10_000 }, (_, i) => route({ id: `r${i}`, host: `h${i}.test` }));
  expect(filterRoutes(inMatchingOrder(routes), { find: 'h77' })).toHaveLength(111);
});

test.each([
  [{}, []],
  [{ timeoutMs: 3_000, retry: { maxRetries: 0 } }, ['timeout 3 s', '0 retries']],
  [{ timeoutMs: 1_250, retry: { maxRetries: 1 } }, ['timeout 1250 ms', '1 retry']],
  [{ retry: { on: [] } }, ['no retries']],
  [
    { retry: { on: ['timeout', 503], nonIdempotent: 'idempotency-key' } },
    ['retries on timeout, 503', 'retries POST and PATCH with an Idempotency-Key'],
  ],
  [
    { retry: { budgetPercent: 5, bodyLimitBytes: 8_192 } },
    ['retry budget 5 %', 'retries bodies up to 8 KiB'],
  ],
  [
    { debugHeaders: false, logSampleRate: 0.01, stripPrefix: true, rewriteLocation: false },
    ['strips prefix', 'keeps redirects unchanged', 'debug headers off', 'logs 1 % of successes'],
  ],
])('%j in words is %j', (fields, words) => {
  expect(overrides(route(fields))).toEqual(words);
});
