/** Which route a request takes, by host, path and conditions, and why the others do not fit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf } from '../../../../worker/config/check-route.ts';
import { type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';
import { ConditionIndex } from '../../../../worker/proxy/routing/condition-index.ts';
import { hold, RequestFacts } from '../../../../worker/proxy/routing/conditions.ts';
import {
  byPrecedence,
  compileRoute,
  compileRoutes,
  listNotMatched,
  matchRoute,
  NOT_MATCHED_LISTED,
  type RouteTable,
} from '../../../../worker/proxy/routing/routes.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';

const route = (id: string, host: string, path = '/', more: object = {}): RouteConfig =>
  routeSchema.parse({ id, host, path, pool: 'p', ...more });

/** A request by its URL, with its method, headers and country. */
interface Asked extends RequestInit {
  readonly country?: string;
}

const ask = (url: string, { country, ...init }: Asked = {}) => {
  const request = new Request(url, init);
  return { request, headers: request.headers, target: readTarget(request.url), country: country ?? null };
};

/** The id of the route that a request takes; null: none. */
function routeOf(table: RouteTable, url: string, asked?: Asked): string | null {
  const incoming = ask(url, asked);
  return matchRoute(table, incoming.target, incoming)?.config.id ?? null;
}

const table = compileRoutes([
  route('root', 'shop.test'),
  route('api', 'shop.test', '/api'),
  route('v2', 'shop.test', '/api/v2/'),
  route('wild', '*.test'),
  route('deep', '*.deep.test'),
  route('deep-api', '*.deep.test', '/api'),
  route('only-api', 'bare.test', '/api'),
  route('escaped', 'bare.test', '/%61dm%69n'),
  route('slash', 'bare.test', '/a%2fb'),
]);
test.each([
  ['shop.test', '/', 'root'],
  ['shop.test', '/api', 'api'],
  ['shop.test', '/api/', 'api'],
  ['shop.test', '/api/x', 'api'],
  ['shop.test', '/apix', 'root'],
  ['shop.test', '/api/v2', 'v2'],
  ['shop.test', '/api/v2/x/y', 'v2'],
  ['shop.test', '/api/v22', 'api'],
  ['other.test', '/', 'wild'],
  ['a.b.test', '/', 'wild'],
  ['a.deep.test', '/', 'deep'],
  ['a.b.deep.test', '/api/x', 'deep-api'],
  ['bare.test', '/', null],
  ['test', '/', null],
  ['bare.test', '/admin/x', 'escaped'],
  ['bare.test', '/a%2Fb', 'slash'],
  ['bare.test', '/a%2Fbc', null],
  ['shop.example', '/', null],
])('%s%s goes to %s', (host, path, expected) => {
  expect(routeOf(table, `http://${host}${path}`)).toBe(expected);
});

const one = (name: string, value = '1') => ({ name, value });

/**
 * All routes of one host, in the order of precedence; the table is compiled from them in reverse, so that only the last two,
 * which are equally specific, are decided by the order of the document.
 */
const precedence = [
  route('exact', 'shop.test', '/api/v1', { pathMatch: 'exact' }),
  route('method', 'shop.test', '/api/v1', { match: { methods: ['POST', 'GET'] } }),
  route('two-headers', 'shop.test', '/api/v1', { match: { headers: [one('x-a')], cookies: [one('b')] } }),
  route('header-query', 'shop.test', '/api/v1', { match: { headers: [one('x-a')], query: [one('q')] } }),
  route('cookie', 'shop.test', '/api/v1', { match: { cookies: [one('b')] } }),
  route('two-queries', 'shop.test', '/api/v1', { match: { query: [one('q'), one('r')] } }),
  route('query', 'shop.test', '/api/v1', { match: { query: [one('q')] } }),
  route('country', 'shop.test', '/api/v1', { match: { countries: ['DE', 'AT'] } }),
  route('other-country', 'shop.test', '/api/v1', { match: { countries: ['AT', 'CH'] } }),
  route('plain', 'shop.test', '/api/v1'),
  route('shorter', 'shop.test', '/api', { match: { methods: ['PUT'], headers: [one('x-a'), one('x-b')] } }),
  route('root', 'shop.test', '/', { match: { headers: [one('x-a')] } }),
  route('wildcard', '*.test', '/api/v1', { pathMatch: 'exact', match: { methods: ['DELETE'] } }),
];
const countries = precedence.filter(({ id }) => id.endsWith('country'));
const reversed = [...precedence.filter((one) => !countries.includes(one)).toReversed(), ...countries];

const A = { 'x-a': '1' };
const B = { cookie: 'b=1' };
test.each<[string, string, Asked, string | null]>([
  ['an exact path before everything', '/api/v1?q=1', { headers: { ...A, ...B }, country: 'DE' }, 'exact'],
  ['a method before two headers', '/api/v1/x?q=1', { headers: { ...A, ...B }, country: 'DE' }, 'method'],
  [
    'two headers or cookies before one',
    '/api/v1/x?q=1',
    { method: 'PUT', headers: { ...A, ...B } },
    'two-headers',
  ],
  [
    'a header and a query parameter before the header alone',
    '/api/v1/x?q=1',
    { method: 'PUT', headers: A },
    'header-query',
  ],
  ['a cookie before two query parameters', '/api/v1/x?q=1&r=1', { method: 'PUT', headers: B }, 'cookie'],
  ['two query parameters before one', '/api/v1/x?q=1&r=1', { method: 'PUT' }, 'two-queries'],
  ['a query parameter before a country', '/api/v1/x?q=1', { method: 'PUT', country: 'DE' }, 'query'],
  ['a country before nothing', '/api/v1/x', { method: 'PUT', country: 'DE' }, 'country'],
  ['among equals the first in the document', '/api/v1/x', { method: 'PUT', country: 'AT' }, 'country'],
  ['the route without conditions last', '/api/v1/x', { method: 'PUT' }, 'plain'],
  ['a longer path before any conditions', '/api/v1/x', { method: 'PUT', headers: { 'x-b': '1' } }, 'plain'],
  [
    'a shorter path where the longer does not fit',
    '/api/v2',
    { method: 'PUT', headers: { ...A, 'x-b': '1' } },
    'shorter',
  ],
  ['the root where nothing else fits', '/api/v2', { headers: A }, 'root'],
  ['no route of a wildcard where the exact host has none', '/other', { method: 'DELETE' }, null],
])('%s', (_, path, asked, expected) => {
  expect(routeOf(compileRoutes(reversed), `http://shop.test${path}`, asked)).toBe(expected);
});

const guarded = (match: object) => compileRoutes([route('it', 'shop.test', '/', { match })]);
test.each<[string, object, string, Asked, boolean]>([
  ['a method', { methods: ['GET', 'HEAD'] }, '/', { method: 'HEAD' }, true],
  ['another method', { methods: ['GET', 'HEAD'] }, '/', { method: 'POST' }, false],
  [
    'a header, whatever the case of its name',
    { headers: [one('X-Beta')] },
    '/',
    { headers: { 'x-bETA': '1' } },
    true,
  ],
  [
    'a header of another case',
    { headers: [one('x-beta', 'On')] },
    '/',
    { headers: { 'x-beta': 'on' } },
    false,
  ],
  ['a header that is not there', { headers: [one('x-beta')] }, '/', {}, false],
  [
    'a header by its beginning',
    { headers: [{ name: 'accept', prefix: 'text/' }] },
    '/',
    { headers: { accept: 'text/html' } },
    true,
  ],
  [
    'a header with another beginning',
    { headers: [{ name: 'accept', prefix: 'text/' }] },
    '/',
    { headers: { accept: 'a/b' } },
    false,
  ],
  [
    'a header that is there, empty',
    { headers: [{ name: 'x-a', present: true }] },
    '/',
    { headers: { 'x-a': '' } },
    true,
  ],
  ['an empty header', { headers: [one('x-a', '')] }, '/', { headers: { 'x-a': '' } }, true],
  ['an inverted header that is not there', { headers: [{ ...one('x-a'), not: true }] }, '/', {}, true],
  ['an inverted header that fits', { headers: [{ ...one('x-a'), not: true }] }, '/', { headers: A }, false],
  [
    'an inverted presence',
    { headers: [{ name: 'x-a', present: true, not: true }] },
    '/',
    { headers: A },
    false,
  ],
  ['a cookie among others', { cookies: [one('b')] }, '/', { headers: { cookie: 'a=2; b=1; c=3' } }, true],
  ['a cookie on a second line', { cookies: [one('b')] }, '/', { headers: { cookie: 'a=2, b=1' } }, true],
  ['the first of two cookies', { cookies: [one('b')] }, '/', { headers: { cookie: 'b=2; b=1' } }, false],
  ['a cookie name in another case', { cookies: [one('b')] }, '/', { headers: { cookie: 'B=1' } }, false],
  ['a name that ends like the cookie', { cookies: [one('b')] }, '/', { headers: { cookie: 'ab=1' } }, false],
  ['a query parameter', { query: [one('v')] }, '/?a=2&v=1', {}, true],
  ['the first of two parameters', { query: [one('v')] }, '/?v=2&v=1', {}, false],
  ['an escaped name and value', { query: [one('a b', 'ä')] }, '/?a%20b=%C3%A4', {}, true],
  ['a parameter without a value', { query: [{ name: 'v', present: true }] }, '/?v', {}, true],
  ['a broken escape, which stays as it is', { query: [one('v', '%zz')] }, '/?v=%zz', {}, true],
  ['a plus, which is a plus', { query: [one('v', 'a+b')] }, '/?v=a+b', {}, true],
  ['a country', { countries: ['DE', 'AT'] }, '/', { country: 'AT' }, true],
  ['another country', { countries: ['DE', 'AT'] }, '/', { country: 'FR' }, false],
  ['an unknown country', { countries: ['DE', 'AT', 'XX'] }, '/', {}, false],
  ['one of two conditions', { methods: ['GET'], headers: [one('x-a')] }, '/', {}, false],
])('%s', (_, match, path, asked, fits) => {
  expect(routeOf(guarded(match), `http://shop.test${path}`, asked)).toBe(fits ? 'it' : null);
});

test('a redirect that would lead to the URL that was requested leaves it to the next route', () => {
  const secure = { pool: null, redirect: { scheme: 'https' } };
  const both = compileRoutes([route('up', 'shop.test', '/a', secure), route('root', 'shop.test')]);
  expect(routeOf(both, 'http://shop.test/a')).toBe('up');
  expect(routeOf(both, 'https://shop.test/a')).toBe('root');
});

test('of stored routes that this version would refuse as the same, the last one acts, as before', () => {
  const both = compileRoutes([route('first', 'shop.test', '/a'), route('last', 'shop.test', '/a/')]);
  expect(routeOf(both, 'http://shop.test/a/b')).toBe('last');
});

test('an index of many routes finds the route that a scan finds', () => {
  const names = ['x-a', 'x-b', 'x-c'];
  const value = fc.constantFrom('1', '12', '2', '');
  const form = fc.oneof(
    value.map((text) => ({ value: text })),
    fc.constantFrom('1', '2', '12').map((prefix) => ({ prefix })),
    fc.constant({ present: true as const }),
  );
  const condition = fc
    .tuple(fc.constantFrom(...names), form, fc.boolean())
    .map(([name, how, not]) => ({ name, ...how, ...(not ? { not } : {}) }));
  const match = fc.record(
    {
      methods: fc.uniqueArray(fc.constantFrom('GET', 'POST', 'PUT'), { minLength: 1, maxLength: 2 }),
      headers: fc.array(condition, { maxLength: 2 }),
      cookies: fc.array(condition, { maxLength: 1 }),
      query: fc.array(condition, { maxLength: 2 }),
      countries: fc.uniqueArray(fc.constantFrom('DE', 'FR'), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const values = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });
  const asked = fc.record({
    method: fc.constantFrom('GET', 'POST'),
    headers: values,
    cookies: values,
    query: values,
    country: fc.constantFrom('DE', 'FR', 'XX'),
  });
  const many = fc.uniqueArray(match, {
    minLength: 9,
    maxLength: 40,
    selector: (conditions) => identityOf(route('r', 'shop.test', '/', { match: conditions })),
  });
  fc.assert(
    fc.property(many, asked, (matches, { cookies, query, country, ...init }) => {
      const routes = matches.map((one, i) => route(`r${i}`, 'shop.test', '/', { match: one }));
      const cookie = Object.entries(cookies).map(([name, text]) => `${name}=${text}`);
      const headers = { ...init.headers, ...(cookie.length > 0 ? { cookie: cookie.join('; ') } : {}) };
      const incoming = ask(`http://shop.test/?${new URLSearchParams(query)}`, { ...init, headers, country });
      const ordered = routes.map((one) => compileRoute(one)).toSorted(byPrecedence);
      const fits = ordered.map(
        ({ config }) => matchRoute(compileRoutes([config]), incoming.target, incoming) !== null,
      );
      const first = fits.indexOf(true);
      const table = compileRoutes(routes);
      const found = matchRoute(table, incoming.target, incoming);
      expect(found?.config).toBe(ordered[first]?.config);
      // Each more specific route has a reason not to fit.
      const notMatched = listNotMatched(table, incoming.target, incoming, found);
      const before = first < 0 ? ordered : ordered.slice(0, first);
      expect(notMatched.map((one) => one.route)).toEqual(before.map(({ config }) => config.id));
      for (const { failed } of notMatched) expect(failed).not.toEqual([]);
    }),
  );
});

test('what does not fit is named, for each more specific route of the host', () => {
  const incoming = ask('http://shop.test/api/v1/x?q=2', { method: 'PUT', headers: { 'x-a': '1' } });
  const table = compileRoutes(precedence);
  const found = matchRoute(table, incoming.target, incoming);
  expect(listNotMatched(table, incoming.target, incoming, found)).toEqual([
    { route: 'exact', failed: ['path'] },
    { route: 'method', failed: ['methods'] },
    { route: 'two-headers', failed: ['cookies.b'] },
    { route: 'header-query', failed: ['query.q'] },
    { route: 'cookie', failed: ['cookies.b'] },
    { route: 'two-queries', failed: ['query.q', 'query.r'] },
    { route: 'query', failed: ['query.q'] },
    { route: 'country', failed: ['countries'] },
    { route: 'other-country', failed: ['countries'] },
  ]);
});

describe('limits', () => {
  /** How many of the routes on one path a request is compared with. */
  const lookedAt = (routes: readonly RouteConfig[], asked: Asked): number => {
    let count = 0;
    const facts = new RequestFacts(ask('http://shop.test/path-9999/x', asked));
    new ConditionIndex(routes.map((one) => compileRoute(one))).find(facts, ({ conditions }) => {
      count++;
      return conditions === null || hold(conditions, facts);
    });
    return count;
  };
  const times = Array.from({ length: 10_000 }, (_, i) => i);

  test.each<[string, (i: number) => object, Asked, string | null]>([
    [
      'values of one header',
      (i) => ({ headers: [one('x-tenant', `t${i}`)] }),
      { headers: { 'x-tenant': 't9999' } },
      'r9999',
    ],
    ['names of headers', (i) => ({ headers: [one(`x-${i}`)] }), { headers: { 'x-9999': '1' } }, 'r9999'],
    [
      'beginnings of a cookie',
      (i) => ({ cookies: [{ name: 'c', prefix: `p${i}.` }] }),
      { headers: { cookie: 'c=p9999.' } },
      'r9999',
    ],
    [
      'pairs of conditions',
      (i) => ({ headers: [one('x-a'), one('x-b', `${i}`)] }),
      { headers: { 'x-a': '1' } },
      null,
    ],
  ])(
    '10,000 routes on one path that differ in %s are not looked at one by one',
    (_, match, asked, expected) => {
      const routes = times.map((i) => route(`r${i}`, 'shop.test', '/', { match: match(i) }));
      expect(routeOf(compileRoutes(routes), 'http://shop.test/', asked)).toBe(expected);
      expect(lookedAt(routes, asked)).toBeLessThanOrEqual(1);
    },
  );

  test('of 10,000 routes that do not fit, the nearest are listed', () => {
    const many = [
      ...times.slice(1).map((i) => route(`r${i}`, 'shop.test', `/path-${i}`)),
      route('near', 'shop.test', '/', { match: { methods: ['PUT'] } }),
    ];
    const incoming = ask('http://shop.test/');
    const listed = listNotMatched(compileRoutes(many), incoming.target, incoming, null);
    expect(listed).toHaveLength(NOT_MATCHED_LISTED);
    expect(listed.at(-1)).toEqual({ route: 'near', failed: ['methods'] });
  });
});
