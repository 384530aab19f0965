/** Every limit of the configuration document: reached, it is taken; passed, it is refused with the limit in the message. */
import { expect, test } from 'vitest';
import { checkConfig } from '../../../worker/config/check.ts';
import { LIMITS } from '../../../worker/config/limits.ts';

const around = {
  ...{ allowPrivate: false, hasAffinitySecret: true, hasBinding: () => false },
  adminHosts: new Set<string>(),
};
const a = { id: 'a', url: 'https://a.example.net' };
const pool = (more: object = {}) => ({ id: 'shop', backends: [a], ...more });
const doc = (more: object = {}, routes: object[] = []) => ({ pools: [pool(more)], routes });
const route = (more: object = {}) => doc({}, [{ id: 'r', host: 'a.example.com', pool: 'shop', ...more }]);
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const backends = (count: number, more: object = {}) => times(count, (i) => ({ ...a, id: `b${i}`, ...more }));
const url = (length: number) => `https://a.example.net/${'x'.repeat(length - 22)}`;
const host = (length: number) => `${'a.'.repeat(length / 2 - 2)}${length % 2 ? 'aa.aa' : 'a.aa'}`;

/** Limit, a document that reaches it, one that passes it, and the path of the fault. */
const DOCUMENTS: readonly (readonly [string, object, object, string])[] = [
  [
    'pools',
    { pools: times(LIMITS.pools, (i) => pool({ id: `p${i}` })) },
    { pools: times(LIMITS.pools + 1, (i) => pool({ id: `p${i}` })) },
    'pools',
  ],
  [
    'backends of a pool',
    doc({ backends: backends(LIMITS.backendsPerPool) }),
    doc({ backends: backends(LIMITS.backendsPerPool + 1) }),
    'pools[0].backends',
  ],
  [
    'bytes of a pool',
    doc({ backends: backends(400, { url: url(2_000) }) }),
    doc({ backends: backends(600, { url: url(2_000) }) }),
    'pools[0]',
  ],
  [
    'routes',
    doc(
      {},
      times(LIMITS.routes, (i) => ({ id: `r${i}`, host: 'a.test', path: `/${i}`, pool: 'shop' })),
    ),
    doc(
      {},
      times(LIMITS.routes + 1, (i) => ({ id: `r${i}`, host: 'a.test', path: `/${i}`, pool: 'shop' })),
    ),
    'routes',
  ],
  [
    'bytes of a document',
    doc(
      {},
      times(3_000, (i) => ({
        id: `r${i}`,
        host: 'a.test',
        path: `/${i}/${'x'.repeat(2_000)}`,
        pool: 'shop',
      })),
    ),
    doc(
      {},
      times(4_000, (i) => ({
        id: `r${i}`,
        host: 'a.test',
        path: `/${i}/${'x'.repeat(2_000)}`,
        pool: 'shop',
      })),
    ),
    '',
  ],
  ['characters of an id', doc({ id: 'x'.repeat(63) }), doc({ id: 'x'.repeat(64) }), 'pools[0].id'],
  [
    'characters of a URL',
    doc({ backends: [{ ...a, url: url(LIMITS.urlLength) }] }),
    doc({ backends: [{ ...a, url: url(LIMITS.urlLength + 1) }] }),
    'pools[0].backends[0].url',
  ],
  [
    'weight',
    doc({ backends: [{ ...a, weight: LIMITS.weight }] }),
    doc({ backends: [{ ...a, weight: LIMITS.weight + 1 }] }),
    'pools[0].backends[0].weight',
  ],
  [
    'tier',
    doc({ backends: [{ ...a, tier: LIMITS.tier }] }),
    doc({ backends: [{ ...a, tier: LIMITS.tier + 1 }] }),
    'pools[0].backends[0].tier',
  ],
  [
    'timeout',
    doc({ timeoutMs: LIMITS.timeoutMs }),
    doc({ timeoutMs: LIMITS.timeoutMs + 1 }),
    'pools[0].timeoutMs',
  ],
  [
    'retries',
    doc({ retry: { maxRetries: LIMITS.maxRetries } }),
    doc({ retry: { maxRetries: LIMITS.maxRetries + 1 } }),
    'pools[0].retry.maxRetries',
  ],
  [
    'retry conditions',
    doc({ retry: { on: times(64, () => 503) } }),
    doc({ retry: { on: times(65, () => 503) } }),
    'pools[0].retry.on',
  ],
  [
    'body kept',
    doc({ retry: { bodyLimitBytes: LIMITS.bodyLimitBytes } }),
    doc({ retry: { bodyLimitBytes: LIMITS.bodyLimitBytes + 1 } }),
    'pools[0].retry.bodyLimitBytes',
  ],
  [
    'failure statuses',
    doc({ ejection: { failureStatuses: times(64, () => 503) } }),
    doc({ ejection: { failureStatuses: times(65, () => 503) } }),
    'pools[0].ejection.failureStatuses',
  ],
  ['shards', doc({ sharding: LIMITS.shards }), doc({ sharding: LIMITS.shards + 1 }), 'pools[0].sharding'],
  ['lease', doc({ maxLease: LIMITS.maxLease }), doc({ maxLease: LIMITS.maxLease + 1 }), 'pools[0].maxLease'],
  [
    'characters of a hash key',
    doc({ hashKey: `header:${'x'.repeat(LIMITS.hashKeyLength - 7)}` }),
    doc({ hashKey: `header:${'x'.repeat(LIMITS.hashKeyLength - 6)}` }),
    'pools[0].hashKey',
  ],
  [
    'characters of an expected body',
    doc({ healthCheck: { expectedBody: 'x'.repeat(LIMITS.checkBodyLength) } }),
    doc({ healthCheck: { expectedBody: 'x'.repeat(LIMITS.checkBodyLength + 1) } }),
    'pools[0].healthCheck.expectedBody',
  ],
  [
    'expected statuses',
    doc({ healthCheck: { expectedStatuses: times(64, () => '200') } }),
    doc({ healthCheck: { expectedStatuses: times(65, () => '200') } }),
    'pools[0].healthCheck.expectedStatuses',
  ],
  ['characters of a host', route({ host: host(253) }), route({ host: host(254) }), 'routes[0].host'],
  [
    'characters of a path',
    route({ path: `/${'x'.repeat(LIMITS.urlLength - 1)}` }),
    route({ path: `/${'x'.repeat(LIMITS.urlLength)}` }),
    'routes[0].path',
  ],
  [
    'characters of a cookie name',
    route({ affinityCookie: { name: 'x'.repeat(64) } }),
    route({ affinityCookie: { name: 'x'.repeat(65) } }),
    'routes[0].affinityCookie.name',
  ],
];

test.each(DOCUMENTS)(
  '%s: the limit is taken, one more is refused at its path with the limit in the message',
  (_, reached, passed, path) => {
    const taken = checkConfig(reached, around);
    expect(taken.ok ? [] : taken.errors.slice(0, 3)).toEqual([]);
    const refused = checkConfig(passed, around);
    const errors = refused.ok ? [] : refused.errors;
    expect(errors.map((error) => error.path)).toContain(path);
    expect(errors.find((error) => error.path === path)!.message).toMatch(/\d/);
  },
);

test(`of a circle of ${LIMITS.pools} pools ${LIMITS.chainShown} names are in the message, the first and the last`, () => {
  const circle = (count: number) => ({
    pools: times(count, (i) => pool({ id: `p${i}`, whenUnavailable: `pool:p${(i + 1) % count}` })),
  });
  const messageOf = (count: number) => {
    const refused = checkConfig(circle(count), around);
    return refused.ok ? '' : refused.errors[0]!.message;
  };
  const whole = times(LIMITS.chainShown - 1, (i) => `p${i} -> `).join('');
  expect(messageOf(LIMITS.chainShown - 1)).toBe(`forms a circle: ${whole}p0`);
  const first = times(LIMITS.chainShown - 2, (i) => `p${i} -> `).join('');
  expect(messageOf(LIMITS.pools)).toBe(`forms a circle: ${first}… -> p0`);
});

test(`of many problems ${LIMITS.problems} are reported and one says that there are more; a long key is cut`, () => {
  const refused = checkConfig(Object.fromEntries(times(5_000, (i) => [`k${i}`, i])), around);
  const errors = refused.ok ? [] : refused.errors;
  expect(errors).toHaveLength(LIMITS.problems + 1);
  expect(errors.at(-1)!.message).toBe(`has more problems than these ${LIMITS.problems}`);
  const long = checkConfig({ ['k'.repeat(100_000)]: 1 }, around);
  expect(long.ok ? '' : long.errors[0]!.path).toHaveLength(LIMITS.keyLength + 1);
});
