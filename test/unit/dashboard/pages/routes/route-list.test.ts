/** The Routes page's pure parts: order, filter, overrides in words, forms, curl commands and the route test. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addPool } from '../../../../../dashboard/changes/change.ts';
import { suggestId, tidied } from '../../../../../dashboard/changes/use-route-form.ts';
import { curlLine } from '../../../../../dashboard/model/curl.ts';
import { EMPTY_POOL, poolOf, routeTo, urlProblems } from '../../../../../dashboard/model/pool-draft.ts';
import {
  questionOf,
  reasonInWords,
  whyInWords,
  withScheme,
} from '../../../../../dashboard/pages/routes/explain-words.ts';
import {
  filterRoutes,
  inMatchingOrder,
  overrides,
} from '../../../../../dashboard/pages/routes/route-list.ts';
import { type RouteConfig, routeSchema } from '../../../../../worker/config/schema.ts';
import { compileRoutes, matchRoute, prefixOf } from '../../../../../worker/proxy/routing/routes.ts';

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
      expect(matchRoute(compileRoutes(routes), host, path)?.id).toBe(first?.id);
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

describe('the form', () => {
  test('a route goes to the API without spaces around, its host in lower case', () => {
    const typed = { ...route({}), id: ' r ', host: ' Shop.Test ', path: ' ' };
    expect(tidied(typed)).toEqual(route({}));
  });

  test.each([
    ['shop.example.com', '/', [], 'shop'],
    ['*.shop.example.com', '/API/v2/', [], 'shop-api-v2'],
    ['shop.example.com', '/', ['shop', 'shop-2'], 'shop-3'],
    ['', '/', [], ''],
    ['_dmarc.test', '/', [], 'dmarc'],
  ])('%s%s with %j taken is named %j', (host, path, taken, id) => {
    expect(suggestId(host, path, new Set(taken))).toBe(id);
  });
});

test.each([
  ['http://localhost:8787', 'shop.test', '/', "curl -H 'Host: shop.test' http://127.0.0.1:8787/"],
  ['http://[::1]:99', '*.shop.test', '/a', "curl -H 'Host: www.shop.test' http://127.0.0.1:99/a"],
  ['https://admin.example.com', 'shop.example.com', '/a', 'curl https://shop.example.com/a'],
  ['https://admin.example.com', 'shop.example.com', "/a'b&c", "curl 'https://shop.example.com/a'\\''b&c'"],
])('from %s the curl command for %s%s is %s', (origin, host, path, line) => {
  expect(curlLine(origin, host, path)).toBe(line);
});

test.each([
  ['shop.test/cart', 'http://shop.test/cart'],
  [' https://shop.test ', 'https://shop.test'],
  ['//shop.test', 'http://shop.test'],
  ['shop.test:8080/x', 'http://shop.test:8080/x'],
  ['', ''],
])('%j becomes %j', (typed, url) => {
  expect(withScheme(typed)).toBe(url);
});

test('headers without a name are omitted, and those of the same name are joined', () => {
  const rows = [
    { id: 1, name: 'Accept', value: 'a' },
    { id: 2, name: ' ', value: 'nothing' },
    { id: 3, name: 'Accept', value: 'b' },
  ];
  expect(questionOf('x.test', 'POST', rows, ' ')).toEqual({
    url: 'http://x.test',
    method: 'POST',
    headers: { Accept: 'a, b' },
  });
  expect(questionOf('x.test', 'GET', [], '::1').clientIp).toBe('::1');
});

test('reasons are in words, without repeating the state, and an ejection has its remaining time', () => {
  const answer = { policy: 'round-robin', pool: 'shop' } as never;
  const candidate = (reason: string, pool = 'shop') => ({ pool, backend: 'a', reason }) as never;
  expect(reasonInWords(candidate('policy'), answer)).toBe('next by round-robin');
  expect(reasonInWords(candidate('fallback', 'spare'), answer)).toContain('fallback pool spare');
  const left = (status: string, why: string, ejectedUntil: number | null = null) =>
    ({ pool: 'shop', backend: 'b', status, why, ejectedUntil }) as never;
  expect(whyInWords(left('draining', 'draining: no new clients'), 0)).toBe('no new clients');
  expect(whyInWords(left('ejected', 'ejected: until then', 12_000), 0)).toBe('probe in 12 s');
  expect(whyInWords(left('ejected', 'ejected: its time is over', 12_000), 13_000)).toBe('its time is over');
});

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
    const before = { pools: [], routes: [route({ id: 'other' })] };
    const after = change.apply(before);
    expect(after.pools).toHaveLength(1);
    expect(after.routes.map(({ id }) => id)).toEqual(['other', 'shop']);
    expect(change.undo(before)!.apply(after)).toEqual(before);
  });
});
