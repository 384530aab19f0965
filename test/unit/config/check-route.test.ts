/** Wrong routes, each with the path and the words it must give; and which routes are the same. */
import { expect, test } from 'vitest';
import { applyChange } from '../../../worker/config/change.ts';
import { checkConfig, type DeploymentInfo } from '../../../worker/config/check.ts';
import { valid } from './samples.ts';

const around: DeploymentInfo = {
  allowPrivate: false,
  adminHosts: new Set(['lb-admin.example.com']),
  hasAffinitySecret: true,
  hasBinding: (name) => name === 'VPC',
};

const backends = [{ id: 'a', url: 'https://a.example.net' }];
const pools = ['shop', 'shop-v2', 'shadow'].map((id) => ({ id, backends }));
const routes = (...list: object[]) => ({
  pools,
  routes: list.map((one, i) => ({ id: `r${i}`, host: 'shop.example.com', ...one })),
});
/** A route to pool shop. */
const route = (more: object) => routes({ pool: 'shop', ...more });
const match = (more: object) => route({ match: more });
const header = (more: object) => match({ headers: [{ name: 'x-beta', ...more }] });
const split = (...list: object[]) => routes({ split: { pools: list } });
const redirect = (more: object, rest: object = {}) => routes({ redirect: more, ...rest });
const respond = (more: object) => routes({ respond: { status: 503, ...more } });
const set = (headers: object) => route({ requestHeaders: { set: headers } });
const mirror = (more: object) => route({ mirror: { pool: 'shadow', ...more } });
const backend = (more: object) => ({ pools: [{ id: 'shop', backends: [{ id: 'a', ...more }] }] });

const CONDITION = 'routes[0].match.headers[0]';
const FORMS = 'needs exactly one of value, prefix and "present": true';
const FIXED = 'cannot be changed here';
const ONLY = 'acts only in a route with pool or split';
const BLOCKED = { respond: { status: 403 } };

const wrong: readonly [string, unknown, string, string][] = [
  ['no action', routes({}), 'routes[0].pool', 'is required, unless split, redirect or respond is set'],
  [
    'a pool and a redirect',
    route({ redirect: { scheme: 'https' } }),
    'routes[0].redirect',
    'and pool exclude each other: set exactly one',
  ],
  ['a pool and a response', route({ respond: { status: 403 } }), 'routes[0].respond', 'and pool exclude'],
  [
    'a pool and a split',
    route({ split: { pools: [{ pool: 'shop', weight: 1 }] } }),
    'routes[0].split',
    'and pool',
  ],
  [
    'a redirect and a response',
    redirect({ scheme: 'https' }, { respond: { status: 403 } }),
    'routes[0].respond',
    'and redirect exclude each other',
  ],
  ['an unknown way to match a path', route({ pathMatch: 'regex' }), 'routes[0].pathMatch', 'prefix, exact'],
  ['conditions that are no object', match([]), 'routes[0].match', 'must be an object'],
  ['no conditions at all but null', route({ match: null }), 'routes[0].match', 'must be an object'],
  ['an unknown kind of condition', match({ method: ['GET'] }), 'routes[0].match.method', 'known are methods'],
  [
    'a method that is no list',
    match({ methods: 'GET' }),
    'routes[0].match.methods',
    'must be a list of methods',
  ],
  ['a method in small letters', match({ methods: ['get'] }), 'routes[0].match.methods[0]', 'in capitals'],
  [
    'too many methods',
    match({ methods: Array.from({ length: 33 }, () => 'GET') }),
    'routes[0].match.methods',
    'takes at most 32 methods',
  ],
  ['a header that is no object', match({ headers: ['x-beta'] }), CONDITION, 'must be an object'],
  [
    'a header without a name',
    match({ headers: [{ value: '1' }] }),
    `${CONDITION}.name`,
    'must be a header name',
  ],
  [
    'a header name with a space',
    header({ name: 'x beta', value: '1' }),
    `${CONDITION}.name`,
    'must be a header name',
  ],
  ['a header without a form', header({}), CONDITION, FORMS],
  ['a header with two forms', header({ value: '1', present: true }), CONDITION, FORMS],
  ['a header with value and prefix', header({ value: '1', prefix: '1' }), CONDITION, FORMS],
  [
    'a header that must not be present',
    header({ present: false }),
    `${CONDITION}.present`,
    '"not": true inverts it',
  ],
  ['an empty prefix', header({ prefix: '' }), `${CONDITION}.prefix`, 'must not be empty'],
  ['a value that is a number', header({ value: 1 }), `${CONDITION}.value`, 'must be a string'],
  ['a value of 4,097 characters', header({ value: 'x'.repeat(4_097) }), `${CONDITION}.value`, 'at most 4096'],
  ['an inversion that is no flag', header({ value: '1', not: 'yes' }), `${CONDITION}.not`, 'true or false'],
  [
    'an unknown key of a condition',
    header({ value: '1', regex: '.' }),
    `${CONDITION}.regex`,
    'known are name, value',
  ],
  [
    'too many headers',
    match({ headers: Array.from({ length: 17 }, () => ({ name: 'a', value: '1' })) }),
    'routes[0].match.headers',
    'takes at most 16 conditions',
  ],
  [
    'a cookie name with a semicolon',
    match({ cookies: [{ name: 'a;b', value: '1' }] }),
    'routes[0].match.cookies[0].name',
    'must be a cookie name',
  ],
  ['a cookie without a form', match({ cookies: [{ name: 'a' }] }), 'routes[0].match.cookies[0]', FORMS],
  [
    'a query parameter without a name',
    match({ query: [{ name: '', value: '1' }] }),
    'routes[0].match.query[0].name',
    'name of a query parameter',
  ],
  ['a query parameter without a form', match({ query: [{ name: 'v' }] }), 'routes[0].match.query[0]', FORMS],
  [
    'a country in words',
    match({ countries: ['Germany'] }),
    'routes[0].match.countries[0]',
    'two capital letters',
  ],
  [
    'a country in small letters',
    match({ countries: ['de'] }),
    'routes[0].match.countries[0]',
    'two capital letters',
  ],
  [
    'two routes with the same conditions',
    routes(
      { pool: 'shop', match: { methods: ['GET', 'HEAD'], headers: [{ name: 'X-A', value: '1' }] } },
      {
        pool: 'shop-v2',
        match: { headers: [{ name: 'x-a', value: '1', not: false }], methods: ['HEAD', 'GET'] },
      },
    ),
    'routes[1].path',
    'route r0 has this host, path and conditions already',
  ],
  [
    'a prefix with and without a slash',
    routes({ pool: 'shop', path: '/a' }, { pool: 'shop', path: '/a/' }),
    'routes[1].path',
    'route r0 has this host and path already',
  ],
  [
    'an exact path twice',
    routes(
      { pool: 'shop', path: '/a', pathMatch: 'exact' },
      { pool: 'shop', path: '/%61', pathMatch: 'exact' },
    ),
    'routes[1].path',
    'route r0 has this host and path already',
  ],
  ['a split without pools', split(), 'routes[0].split.pools', 'needs at least one pool'],
  [
    'a split to no pool',
    split({ pool: 'shp', weight: 1 }),
    'routes[0].split.pools[0].pool',
    'existing pools: shop',
  ],
  [
    'a split that names a pool twice',
    split({ pool: 'shop', weight: 1 }, { pool: 'shop', weight: 2 }),
    'routes[0].split.pools[1].pool',
    'name each pool once',
  ],
  [
    'a split without weight',
    split({ pool: 'shop', weight: 0 }, { pool: 'shop-v2', weight: 0 }),
    'routes[0].split.pools',
    'needs at least one pool with a weight above 0',
  ],
  [
    'a negative weight',
    split({ pool: 'shop', weight: -1 }),
    'routes[0].split.pools[0].weight',
    'from 0 to 1000000',
  ],
  ['a share without weight', split({ pool: 'shop' }), 'routes[0].split.pools[0].weight', 'whole number'],
  [
    'a split by something else',
    routes({ split: { by: 'cookie', pools: [{ pool: 'shop', weight: 1 }] } }),
    'routes[0].split.by',
    'request, client',
  ],
  [
    'a redirect of status 200',
    redirect({ status: 200, scheme: 'https' }),
    'routes[0].redirect.status',
    '301, 302, 303, 307, 308',
  ],
  ['a redirect to another scheme', redirect({ scheme: 'ftp' }), 'routes[0].redirect.scheme', 'http, https'],
  [
    'a redirect to a wildcard',
    redirect({ host: '*.example.com' }),
    'routes[0].redirect.host',
    'one host name',
  ],
  [
    'a redirect to a host with a port',
    redirect({ host: 'a.test:80' }),
    'routes[0].redirect.host',
    'without port',
  ],
  [
    'a redirect to a relative path',
    redirect({ path: 'a' }),
    'routes[0].redirect.path',
    'must start with one /',
  ],
  ['a redirect to //', redirect({ path: '//evil.test' }), 'routes[0].redirect.path', 'must start with one /'],
  [
    'a redirect to a prefix with //',
    redirect({ prefix: '//x' }),
    'routes[0].redirect.prefix',
    'must start with one /',
  ],
  ['a redirect with a query', redirect({ path: '/a?b=1' }), 'routes[0].redirect.path', 'no query'],
  ['a redirect to dots', redirect({ path: '/a/../b' }), 'routes[0].redirect.path', '. or ..'],
  ['a redirect to a raw umlaut', redirect({ path: '/ä' }), 'routes[0].redirect.path', '/%C3%A4'],
  [
    'a redirect to path and prefix',
    redirect({ path: '/a', prefix: '/b' }),
    'routes[0].redirect.prefix',
    'exclude each other',
  ],
  ['a redirect that changes nothing', redirect({}), 'routes[0].redirect', 'changes nothing'],
  [
    'a redirect to its own host',
    redirect({ host: 'shop.example.com' }),
    'routes[0].redirect',
    'changes nothing',
  ],
  [
    'a redirect to its own prefix',
    redirect({ prefix: '/a/' }, { path: '/a' }),
    'routes[0].redirect',
    'changes nothing',
  ],
  [
    'a redirect to its own path',
    redirect({ path: '/a' }, { path: '/a', pathMatch: 'exact' }),
    'routes[0].redirect',
    'changes nothing',
  ],
  ['a response without a status', routes({ respond: {} }), 'routes[0].respond.status', 'from 200 to 599'],
  ['an interim response', respond({ status: 103 }), 'routes[0].respond.status', 'from 200 to 599'],
  [
    'a body longer than 16 KiB',
    respond({ body: 'ä'.repeat(8_193) }),
    'routes[0].respond.body',
    'at most 16384 bytes',
  ],
  ['a body of a 204', respond({ status: 204, body: 'x' }), 'routes[0].respond.body', 'a 204 has no body'],
  [
    'no media type',
    respond({ contentType: 'html' }),
    'routes[0].respond.contentType',
    'text/html; charset=utf-8',
  ],
  [
    'a line break in a media type',
    respond({ contentType: 'text/html\r\nx-a: b' }),
    'routes[0].respond.contentType',
    'must be a media type',
  ],
  [
    'the media type as a header',
    respond({ headers: { 'Content-Type': 'text/plain' } }),
    'routes[0].respond.headers.Content-Type',
    'contentType',
  ],
  [
    'the backend of a fixed response',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the product.
    respond({ headers: { 'x-a': '${backend}' } }),
    'routes[0].respond.headers.x-a',
    'no backend answers',
  ],
  [
    'a header name with a colon',
    set({ 'x:a': '1' }),
    'routes[0].requestHeaders.set.x:a',
    'is not a header name',
  ],
  ['an empty header name', set({ '': '1' }), 'routes[0].requestHeaders.set.', 'is not a header name'],
  ['Host', set({ Host: 'evil.test' }), 'routes[0].requestHeaders.set.Host', FIXED],
  ['Content-Length', set({ 'content-length': '1' }), 'routes[0].requestHeaders.set.content-length', FIXED],
  ['Connection', set({ connection: 'x' }), 'routes[0].requestHeaders.set.connection', FIXED],
  [
    'Transfer-Encoding',
    set({ 'transfer-encoding': 'chunked' }),
    'routes[0].requestHeaders.set.transfer-encoding',
    FIXED,
  ],
  [
    'the platform’s own',
    set({ 'CF-Connecting-IP': '1' }),
    'routes[0].requestHeaders.set.CF-Connecting-IP',
    FIXED,
  ],
  ['X-Forwarded-For', set({ 'x-forwarded-for': '1' }), 'routes[0].requestHeaders.set.x-forwarded-for', FIXED],
  ['the loop header', set({ 'x-evenkeel-loop': '1' }), 'routes[0].requestHeaders.set.x-evenkeel-loop', FIXED],
  [
    'the removal of X-Real-IP',
    route({ requestHeaders: { remove: ['x-real-ip'] } }),
    'routes[0].requestHeaders.remove[0]',
    FIXED,
  ],
  [
    'a response’s X-Backend-Used',
    route({ responseHeaders: { set: { 'x-backend-used': 'a' } } }),
    'routes[0].responseHeaders.set.x-backend-used',
    'debugHeaders sets it',
  ],
  [
    'the removal of a response’s X-Request-Id',
    route({ responseHeaders: { remove: ['X-Request-Id'] } }),
    'routes[0].responseHeaders.remove[0]',
    FIXED,
  ],
  [
    'a line break in a value',
    set({ 'x-a': '1\r\nhost: evil' }),
    'routes[0].requestHeaders.set.x-a',
    'without line breaks',
  ],
  ['a value beyond ASCII', set({ 'x-a': 'ä' }), 'routes[0].requestHeaders.set.x-a', 'printable ASCII'],
  ['a header twice', set({ 'X-A': '1', 'x-a': '2' }), 'routes[0].requestHeaders.set.x-a', 'is there twice'],
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of the product.
  [
    'an unknown variable',
    set({ 'x-a': '${client.port}' }),
    'routes[0].requestHeaders.set.x-a',
    '${client.ip}',
  ],
  [
    'a variable without its end',
    set({ 'x-a': '${route' }),
    'routes[0].requestHeaders.set.x-a',
    'unknown variable',
  ],
  ['an empty variable', set({ 'x-a': '${}' }), 'routes[0].requestHeaders.set.x-a', 'unknown variable'],
  [
    'a variable in a variable',
    set({ 'x-a': '${${route}}' }),
    'routes[0].requestHeaders.set.x-a',
    'unknown variable',
  ],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of the product.
  ['a value that is a number', set({ 'x-a': 1 }), 'routes[0].requestHeaders.set.x-a', 'must be a string'],
  [
    'too many headers to add',
    route({
      requestHeaders: { add: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`x-${i}`, '1'])) },
    }),
    'routes[0].requestHeaders.add',
    'takes at most 32 headers',
  ],
  [
    'changes that are no object',
    route({ requestHeaders: [] }),
    'routes[0].requestHeaders',
    'must be an object',
  ],
  [
    'headers that are no object',
    set([]),
    'routes[0].requestHeaders.set',
    'must be an object of header names',
  ],
  [
    'an unknown change',
    route({ requestHeaders: { replace: {} } }),
    'routes[0].requestHeaders.replace',
    'known are set',
  ],
  [
    'a rewrite beside stripPrefix',
    route({ stripPrefix: true, rewritePrefix: '/b' }),
    'routes[0].rewritePrefix',
    'exclude',
  ],
  ['a rewrite to no path', route({ rewritePrefix: 'b' }), 'routes[0].rewritePrefix', 'must start with one /'],
  ['a rewrite to dots', route({ rewritePrefix: '/b/./c' }), 'routes[0].rewritePrefix', '. or ..'],
  ['a negative body limit', route({ maxBodyBytes: -1 }), 'routes[0].maxBodyBytes', 'from 0 to'],
  ['a body limit as text', route({ maxBodyBytes: '1m' }), 'routes[0].maxBodyBytes', 'whole number'],
  [
    'a mirror to no pool',
    mirror({ pool: 'gone' }),
    'routes[0].mirror.pool',
    'names pool gone, which does not exist',
  ],
  ['a mirror of more than all', mirror({ percent: 101 }), 'routes[0].mirror.percent', 'from 0 to 100'],
  [
    'a mirror of large bodies',
    mirror({ maxBodyBytes: 1_048_577 }),
    'routes[0].mirror.maxBodyBytes',
    'from 0 to 1048576',
  ],
  [
    'a rewrite of a fixed response',
    routes({ ...BLOCKED, rewritePrefix: '/b' }),
    'routes[0].rewritePrefix',
    ONLY,
  ],
  [
    'a body limit of a fixed response',
    routes({ ...BLOCKED, maxBodyBytes: 1 }),
    'routes[0].maxBodyBytes',
    ONLY,
  ],
  [
    'a mirror of a fixed response',
    routes({ ...BLOCKED, mirror: { pool: 'shop' } }),
    'routes[0].mirror',
    ONLY,
  ],
  [
    'headers of a fixed response’s request',
    routes({ ...BLOCKED, requestHeaders: { remove: ['a'] } }),
    'routes[0].requestHeaders',
    ONLY,
  ],
  [
    'changes to the headers of a fixed response',
    routes({ ...BLOCKED, responseHeaders: { set: { a: 'b' } } }),
    'routes[0].responseHeaders',
    ONLY,
  ],
  ['a timeout above an hour', route({ timeoutMs: 3_600_001 }), 'routes[0].timeoutMs', 'from 1 to 3600000'],
  [
    'a binding’s URL with credentials',
    backend({ binding: 'VPC', url: 'http://u:p@10.0.0.1' }),
    'pools[0].backends[0].url',
    'credentials',
  ],
  [
    'an unknown binding beside a URL',
    backend({ binding: 'NOPE', url: 'http://10.0.0.1' }),
    'pools[0].backends[0].binding',
    'names NOPE',
  ],
];

test.each(wrong)('%s is refused', (_, document, path, message) => {
  const checked = checkConfig(document, around);
  expect(checked.ok).toBe(false);
  const errors = checked.ok ? [] : checked.errors;
  expect(errors).toContainEqual({ path, message: expect.stringContaining(message) });
});

test('the list of wrong documents is long enough', () => {
  expect(wrong.length).toBeGreaterThanOrEqual(60);
});

test.each<[string, unknown]>([
  [
    'an exact path beside its prefix',
    routes({ pool: 'shop', path: '/a' }, { pool: 'shop', path: '/a', pathMatch: 'exact' }),
  ],
  [
    'exact paths with and without a slash',
    routes(
      { pool: 'shop', path: '/a', pathMatch: 'exact' },
      { pool: 'shop', path: '/a/', pathMatch: 'exact' },
    ),
  ],
  [
    'a condition and its inversion',
    routes(
      { pool: 'shop', match: { headers: [{ name: 'a', value: '1' }] } },
      { pool: 'shop', match: { headers: [{ name: 'a', value: '1', not: true }] } },
    ),
  ],
  [
    'a cookie in another case',
    routes(
      { pool: 'shop', match: { cookies: [{ name: 'a', value: '1' }] } },
      { pool: 'shop', match: { cookies: [{ name: 'A', value: '1' }] } },
    ),
  ],
  ['a redirect that changes the scheme only', redirect({ scheme: 'https' })],
  ['a share of 0 beside another', split({ pool: 'shop', weight: 1 }, { pool: 'shop-v2', weight: 0 })],
  ['a body of 16 KiB', respond({ body: 'x'.repeat(16_384) })],
  ['no body at all', route({ maxBodyBytes: 0 })],
  [
    'every variable',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the product.
    set({ 'x-a': '${client.ip} ${client.country} ${request.id} ${request.host} ${route} ${backend} $ {' }),
  ],
  ['a private address behind a binding', backend({ binding: 'VPC', url: 'http://10.0.0.1:8080/base' })],
  ['an hour', route({ timeoutMs: 3_600_000 })],
])('%s is accepted', (_, document) => {
  expect(checkConfig(document, around)).toMatchObject({ ok: true });
});

test('a document is stored with the conditions that it was sent with', () => {
  const sent = {
    methods: ['GET'],
    headers: [{ name: 'X-A', value: '1' }],
    query: [{ name: 'v', present: true, not: true }],
  };
  expect(valid(match(sent)).routes[0]!.match).toEqual(sent);
});

test.each([
  [
    'a split',
    {
      split: {
        pools: [
          { pool: 'shop', weight: 1 },
          { pool: 'shop-v2', weight: 0 },
        ],
      },
    },
  ],
  ['a mirror', { pool: 'shop', mirror: { pool: 'shop-v2' } }],
])('a pool that %s names is not deleted', (_, route) => {
  const changed = applyChange(valid(routes(route)), { kind: 'delete-pool', pool: 'shop-v2' }, around);
  expect(changed).toMatchObject({
    ok: false,
    reason: 'conflict',
    detail: expect.stringContaining('route r0'),
  });
});
