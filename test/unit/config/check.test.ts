/** Wrong documents, each with the path and the words it must give. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConfig, type DeploymentInfo, warnings } from '../../../worker/config/check.ts';
import { writeVariable } from '../../../worker/config/fields.ts';
import { shop, valid } from './samples.ts';

const around: DeploymentInfo = {
  allowPrivate: false,
  adminHosts: new Set(['localhost', 'lb-admin.example.com']),
  hasAffinitySecret: false,
  hasBinding: (name) => name === 'APP',
};

const a = { id: 'a', url: 'https://a.example.net' };
const pool = (more: object = {}) => ({ pools: [{ id: 'shop', backends: [a], ...more }] });
const backend = (more: object) => pool({ backends: [{ ...a, ...more }] });
const url = (text: unknown) => backend({ url: text });
const route = (more: object) => ({
  ...pool(),
  routes: [{ id: 'shop', host: 'shop.example.com', pool: 'shop', ...more }],
});
const two = (first: object, second: object) => ({
  pools: [
    { id: 'one', backends: [a], ...first },
    { id: 'two', backends: [a], ...second },
  ],
});

test.each<[string, unknown, string, string]>([
  ['a document that is no object', [], '', 'must be an object'],
  ['an unknown key', { pools: [], foo: 1 }, 'foo', 'known are pools, routes'],
  ['pools that are no list', { pools: {} }, 'pools', 'must be a list of pools'],
  ['a pool without id', { pools: [{ backends: [a] }] }, 'pools[0].id', 'must be 1 to 63 lower-case'],
  ['an id with capitals', pool({ id: 'Shop' }), 'pools[0].id', 'lower-case'],
  ['an id that begins with a hyphen', pool({ id: '-shop' }), 'pools[0].id', 'must be 1 to 63 lower-case'],
  ['an id of 64 characters', pool({ id: 'x'.repeat(64) }), 'pools[0].id', 'must be 1 to 63'],
  ['two pools of one id', { pools: [pool().pools[0], pool().pools[0]] }, 'pools[1].id', 'unique'],
  [
    'an unknown policy',
    pool({ policy: 'fastest' }),
    'pools[0].policy',
    'round-robin, random, least-request, least-time, hash',
  ],
  [
    'a check more often than every 5 s',
    pool({ healthCheck: { intervalMs: 4_999 } }),
    'pools[0].healthCheck.intervalMs',
    'from 5000 to 3600000',
  ],
  [
    'a check that may last longer than its interval',
    pool({ healthCheck: { intervalMs: 5_000, timeoutMs: 5_001 } }),
    'pools[0].healthCheck.timeoutMs',
    'at most intervalMs (5000)',
  ],
  ['a check of no path', pool({ healthCheck: { path: 'up' } }), 'pools[0].healthCheck.path', 'start with /'],
  ['a check by POST', pool({ healthCheck: { method: 'POST' } }), 'pools[0].healthCheck.method', 'GET, HEAD'],
  [
    'an expected status that is none',
    pool({ healthCheck: { expectedStatuses: ['2xx', '20x'] } }),
    'pools[0].healthCheck.expectedStatuses[1]',
    '"204"',
  ],
  [
    'no expected status',
    pool({ healthCheck: { expectedStatuses: [] } }),
    'pools[0].healthCheck.expectedStatuses',
    'at least one status',
  ],
  [
    'the body of a HEAD',
    pool({ healthCheck: { method: 'HEAD', expectedBody: 'ok' } }),
    'pools[0].healthCheck.expectedBody',
    'needs method GET',
  ],
  [
    'a Host among the headers of a check',
    pool({ healthCheck: { headers: { Host: 'shop.test' } } }),
    'pools[0].healthCheck.headers.Host',
    'cannot be changed here',
  ],
  [
    'a header that the platform sets',
    pool({ healthCheck: { headers: { 'CF-Connecting-IP': '::1' } } }),
    'pools[0].healthCheck.headers.CF-Connecting-IP',
    'cannot be changed here',
  ],
  [
    'a header that is none',
    pool({ healthCheck: { headers: { 'a b': '1' } } }),
    'pools[0].healthCheck.headers.a b',
    'not a header name',
  ],
  [
    'a header value of two lines',
    pool({ healthCheck: { headers: { 'X-A': '1\r\nX-B: 2' } } }),
    'pools[0].healthCheck.headers.X-A',
    'without line breaks',
  ],
  [
    'a variable in a header of a check',
    pool({ healthCheck: { headers: { 'X-A': writeVariable('client.ip') } } }),
    'pools[0].healthCheck.headers.X-A',
    'must not contain',
  ],
  [
    'an unknown key of a check',
    pool({ healthCheck: { url: '/' } }),
    'pools[0].healthCheck.url',
    'known are path, method, host',
  ],
  ['an unknown hash key', pool({ hashKey: 'header:' }), 'pools[0].hashKey', 'header:NAME'],
  ['no backends', pool({ backends: [] }), 'pools[0].backends', 'at least one backend'],
  ['only weight 0', backend({ weight: 0 }), 'pools[0].backends', 'weight above 0'],
  ['two backends of one id', pool({ backends: [a, a] }), 'pools[0].backends[1].id', 'unique'],
  ['a negative weight', backend({ weight: -1 }), 'pools[0].backends[0].weight', 'from 0 to 1000'],
  ['a broken weight', backend({ weight: 1.5 }), 'pools[0].backends[0].weight', 'whole number'],
  ['a weight as text', backend({ weight: '5' }), 'pools[0].backends[0].weight', 'whole number'],
  ['a weight above the limit', backend({ weight: 1001 }), 'pools[0].backends[0].weight', 'from 0 to 1000'],
  [
    'an unknown state',
    backend({ state: 'down' }),
    'pools[0].backends[0].state',
    'active, draining, disabled',
  ],
  ['a tier below 0', backend({ tier: -1 }), 'pools[0].backends[0].tier', 'from 0 to 9'],
  ['an unknown Host policy', backend({ host: 'x.example' }), 'pools[0].backends[0].host', 'backend, client'],
  ['a timeout of 0', backend({ timeoutMs: 0 }), 'pools[0].backends[0].timeoutMs', 'milliseconds'],
  ['an unknown key of a backend', backend({ wieght: 2 }), 'pools[0].backends[0].wieght', 'known are id, url'],
  [
    'neither URL nor binding',
    pool({ backends: [{ id: 'a' }] }),
    'pools[0].backends[0].url',
    'unless a binding is set',
  ],
  [
    'an unknown binding',
    pool({ backends: [{ id: 'a', binding: 'NOPE' }] }),
    'pools[0].backends[0].binding',
    'NOPE',
  ],
  ['a URL that is none', url('a.example.net'), 'pools[0].backends[0].url', 'absolute URL'],
  ['another scheme', url('ftp://a.example.net'), 'pools[0].backends[0].url', 'http:// or https://'],
  ['a script as URL', url('javascript:alert(1)'), 'pools[0].backends[0].url', 'http:// or https://'],
  ['credentials', url('https://u:p@a.example.net'), 'pools[0].backends[0].url', 'credentials'],
  ['a query', url('https://a.example.net/?x=1'), 'pools[0].backends[0].url', 'query'],
  ['a fragment', url('https://a.example.net/#x'), 'pools[0].backends[0].url', 'fragment'],
  ['dots in the path', url('https://a.example.net/x/../y'), 'pools[0].backends[0].url', '. or ..'],
  ['an admin host', url('https://lb-admin.example.com'), 'pools[0].backends[0].url', 'admin host'],
  ['a timeout above the limit', pool({ timeoutMs: 3_600_001 }), 'pools[0].timeoutMs', 'from 1 to 3600000'],
  [
    'an unknown retry condition',
    pool({ retry: { on: ['5xx'] } }),
    'pools[0].retry.on[0]',
    'connect-failure, timeout or',
  ],
  ['a retry on 200', pool({ retry: { on: [200] } }), 'pools[0].retry.on[0]', '400 to 599'],
  ['too many retries', pool({ retry: { maxRetries: 11 } }), 'pools[0].retry.maxRetries', 'from 0 to 10'],
  ['a budget above 100', pool({ retry: { budgetPercent: 101 } }), 'pools[0].retry.budgetPercent', 'per cent'],
  ['an unknown key of retry', pool({ retry: { tries: 3 } }), 'pools[0].retry.tries', 'known are maxRetries'],
  [
    'nonIdempotent of another kind',
    pool({ retry: { nonIdempotent: 'yes' } }),
    'pools[0].retry.nonIdempotent',
    'idempotency-key',
  ],
  [
    'no failures to eject',
    pool({ ejection: { failures: 0 } }),
    'pools[0].ejection.failures',
    'from 1 to 1000',
  ],
  [
    'an ejection longer than its limit',
    pool({ ejection: { baseMs: 5_000, maxMs: 1_000 } }),
    'pools[0].ejection.maxMs',
    'at least baseMs (5000)',
  ],
  [
    'whenUnavailable of another kind',
    pool({ whenUnavailable: 'panic' }),
    'pools[0].whenUnavailable',
    'fail-open, reject or pool:ID',
  ],
  [
    'a fallback that is not there',
    pool({ whenUnavailable: 'pool:gone' }),
    'pools[0].whenUnavailable',
    'does not exist',
  ],
  [
    'a fallback to itself',
    pool({ whenUnavailable: 'pool:shop' }),
    'pools[0].whenUnavailable',
    'circle: shop -> shop',
  ],
  [
    'fallbacks in a circle',
    two({ whenUnavailable: 'pool:two' }, { whenUnavailable: 'pool:one' }),
    'pools[0].whenUnavailable',
    'circle: one -> two -> one',
  ],
  ['shards by a wrong word', pool({ sharding: 'some' }), 'pools[0].sharding', 'auto, none, region'],
  ['one shard', pool({ sharding: 1 }), 'pools[0].sharding', 'from 2 to 64'],
  ['a lease of 0', pool({ maxLease: 0 }), 'pools[0].maxLease', 'from 1 to 1024'],
  ['a route to no pool', route({ pool: 'shp' }), 'routes[0].pool', 'existing pools: shop'],
  ['a host with a port', route({ host: 'shop.example.com:80' }), 'routes[0].host', 'without port'],
  ['a wildcard in the middle', route({ host: 'a.*.example.com' }), 'routes[0].host', '*.example.com'],
  ['a host in capitals', route({ host: 'Shop.example.com' }), 'routes[0].host', 'lower case'],
  ['an admin host as route', route({ host: 'localhost' }), 'routes[0].host', 'admin host'],
  ['a path without slash', route({ path: 'api' }), 'routes[0].path', 'start with /'],
  ['a path with a query', route({ path: '/api?x' }), 'routes[0].path', 'no query'],
  ['a path that no request can bring', route({ path: '/über' }), 'routes[0].path', '/%C3%BCber'],
  [
    'cookie affinity without its secret',
    route({ affinity: 'cookie' }),
    'routes[0].affinity',
    'AFFINITY_SECRET',
  ],
  [
    'cookie-then-ip without its secret',
    route({ affinity: 'cookie-then-ip' }),
    'routes[0].affinity',
    'AFFINITY_SECRET',
  ],
  [
    'a cookie name with a space',
    route({ affinityCookie: { name: 'a b' } }),
    'routes[0].affinityCookie.name',
    'cookie name',
  ],
  [
    'a __Host- cookie',
    route({ affinityCookie: { name: '__Host-x' } }),
    'routes[0].affinityCookie.name',
    'plain http',
  ],
  [
    'a cookie that lives too short',
    route({ affinityCookie: { ttlSeconds: 1 } }),
    'routes[0].affinityCookie.ttlSeconds',
    'from 60',
  ],
  [
    'an unknown SameSite',
    route({ affinityCookie: { sameSite: 'lax' } }),
    'routes[0].affinityCookie.sameSite',
    'Lax, Strict, None',
  ],
  ['a sample rate above 1', route({ logSampleRate: 2 }), 'routes[0].logSampleRate', 'from 0 to 1'],
  [
    'a rewriteLocation that is no flag',
    route({ rewriteLocation: 'off' }),
    'routes[0].rewriteLocation',
    'true or false',
  ],
  ['a flag as text', route({ stripPrefix: 'true' }), 'routes[0].stripPrefix', 'true or false'],
])('%s', (_, document, path, words) => {
  const checked = checkConfig(document, around);
  const found = checked.ok ? [] : checked.errors;
  expect(found.map((error) => error.path)).toContain(path);
  expect(found.find((error) => error.path === path)!.message).toContain(words);
});

test.each([
  'http://localhost/',
  'http://x.localhost',
  'http://127.0.0.1',
  'http://127.1',
  'http://2130706433',
  'http://0x7f000001',
  'http://017700000001',
  'http://localhost.',
  'http://127.0.0.1.',
  'http://[::1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[fe80::1]',
  'http://[fd00::1]',
  'http://[64:ff9b::7f00:1]',
  'http://10.1.2.3',
  'http://172.16.0.1',
  'http://192.168.1.1',
  'http://169.254.169.254',
  'http://metadata.google.internal',
  'http://100.64.0.1',
  'http://0.0.0.0',
  'http://printer',
  'http://nas.local',
  'http://198.51.100.7',
])('%s is no backend unless private ones are allowed', (text) => {
  const strict = checkConfig(url(text), around);
  expect(strict.ok ? [] : strict.errors.map((error) => error.path)).toEqual(['pools[0].backends[0].url']);
  expect(checkConfig(url(text), { ...around, allowPrivate: true }).ok).toBe(true);
});

test('routes whose paths differ in needless escapes only are one, and refused', () => {
  const routes = ['/admin/x', '/%61dmin/x', '/a%2fb', '/a%2Fb'].map((path, i) => {
    return { id: `r${i}`, host: 'shop.example.com', path, pool: 'shop' };
  });
  const checked = checkConfig({ ...pool(), routes }, around);
  expect(checked.ok ? [] : checked.errors).toEqual([
    { path: 'routes[1].path', message: 'route r0 has this host and path already' },
    { path: 'routes[3].path', message: 'route r2 has this host and path already' },
  ]);
});

test.each<[string, object, string, string]>([
  ['a path with a needless escape', { path: '/%61dmin' }, 'routes[0].path', 'written as /admin'],
  [
    'SameSite=None',
    { affinity: 'cookie', affinityCookie: { sameSite: 'None' } },
    'routes[0].affinityCookie.sameSite',
    'https only',
  ],
])('%s is taken, with a warning', (_, fields, path, words) => {
  const checked = checkConfig(route(fields), { ...around, hasAffinitySecret: true });
  const found = checked.ok ? [...warnings(checked.value)] : [];
  expect(found.map((warning) => warning.path)).toEqual([path]);
  expect(found[0]!.message).toContain(words);
});

test('all faults are reported at once', () => {
  const checked = checkConfig(
    { pools: [{ id: 'A', policy: 'x', backends: [{ id: 'b', weight: -1 }] }] },
    around,
  );
  expect(checked.ok ? 0 : checked.errors.length).toBe(3);
});

describe('a document without faults', () => {
  test('an almost empty pool gets the defaults of the contract', () => {
    const { pools } = valid({
      pools: [{ id: 'shop', backends: [{ id: 'a', url: 'https://a.example.net' }] }],
    });
    const statuses = [502, 503, 504, 521, 522, 523, 524, 525, 526, 530];
    expect(pools[0]).toEqual({
      id: 'shop',
      policy: 'round-robin',
      hashKey: 'ip',
      backends: [
        {
          id: 'a',
          url: 'https://a.example.net',
          binding: null,
          weight: 1,
          state: 'active',
          tier: 0,
          host: 'backend',
          timeoutMs: null,
        },
      ],
      timeoutMs: 30_000,
      retry: {
        maxRetries: 2,
        on: ['connect-failure', 'timeout', ...statuses],
        nonIdempotent: false,
        budgetPercent: 20,
        bodyLimitBytes: 65_536,
      },
      healthCheck: null,
      ejection: {
        failures: 3,
        failurePercent: 40,
        minRequests: 10,
        windowMs: 10_000,
        stallMs: 2_000,
        baseMs: 10_000,
        maxMs: 300_000,
        maxEjectedPercent: 100,
        failureStatuses: statuses,
      },
      whenUnavailable: 'fail-open',
      slowStartMs: 0,
      sharding: 'auto',
      maxStaleMs: 10_000,
      maxLease: 64,
    });
  });

  test('an almost empty route gets the defaults of the contract', () => {
    expect(shop.routes[0]).toEqual({
      id: 'r',
      host: 'shop.test',
      path: '/',
      pathMatch: 'prefix',
      match: {},
      pool: 'shop',
      split: null,
      redirect: null,
      respond: null,
      stripPrefix: false,
      rewritePrefix: null,
      rewriteLocation: true,
      requestHeaders: { set: {}, add: {}, remove: [] },
      responseHeaders: { set: {}, add: {}, remove: [] },
      maxBodyBytes: null,
      mirror: null,
      affinity: 'none',
      affinityCookie: { name: 'X-Backend-Id', ttlSeconds: 82_800, sameSite: 'Lax' },
      timeoutMs: null,
      retry: null,
      debugHeaders: true,
      logSampleRate: 0,
    });
  });

  test('a checked document checks to itself', () => {
    const backend = fc.record({
      id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/),
      url: fc.constantFrom('http://a.test', 'https://b.test/prefix', 'http://127.0.0.1:81'),
      weight: fc.integer({ min: 1, max: 1000 }),
      tier: fc.integer({ min: 0, max: 9 }),
      state: fc.constantFrom('active', 'draining', 'disabled'),
    });
    const document = fc.record({
      pools: fc.uniqueArray(
        fc.record({
          id: fc.stringMatching(/^[a-z0-9]{1,8}$/),
          backends: fc.uniqueArray(backend, { minLength: 1, maxLength: 5, selector: (b) => b.id }),
        }),
        { maxLength: 4, selector: (p) => p.id },
      ),
    });
    fc.assert(
      fc.property(document, (value) => {
        expect(valid(valid(value))).toEqual(valid(value));
      }),
    );
  });
});
