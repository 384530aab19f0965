/** Limits of the running product: each is reached and passed, and what is kept is there again after a restart. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { LIMITS } from '../../../worker/config/limits.ts';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import {
  eventually,
  type Json,
  many,
  type Product,
  startProduct,
  TOKEN,
} from '../../support/product/product.ts';
import { openLive, refusal } from '../../support/product/watcher.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test.each([
  ['PUT', '/config', LIMITS.documentBytes],
  ['POST', '/explain', LIMITS.documentBytes],
  ['POST', '/session', 16_384],
])('%s %s takes a body of %d bytes and answers one more with 413', async (method, path, limit) => {
  const bodyOf = (length: number) => `{"x":"${'y'.repeat(length - 8)}"}`;
  expect((await product.api(method, path, bodyOf(limit))).status).not.toBe(413);
  const refused = await product.api(method, path, bodyOf(limit + 1));
  expect(refused.status).toBe(413);
  expect(refused.body.detail).toContain(String(limit));
  // Eight times as much is still heard out, so that the client reads why.
  expect((await product.api(method, path, bodyOf(4 * LIMITS.documentBytes))).status).toBe(413);
});

test('1,000 backends in a pool and a pool of almost a megabyte are served, after a restart too', async () => {
  const backend = await startConfigurableBackend();
  const many = await servePool(
    product,
    'thousand',
    times(1_000, (i) => ({ id: `b${i}`, url: backend.url })),
  );
  expect(await many.sequence(2)).toEqual(['b0', 'b1']);
  const long = times(480, (i) => ({ id: `b${i}`, url: `${backend.url}/${'x'.repeat(2_000)}` }));
  const large = await servePool(product, 'large', long);
  expect((await large.get()).status).toBe(200);
  const before = await product.apiOk('GET', '/config');
  const refused = await product.api('PUT', '/pools/large', {
    backends: times(600, (i) => ({ ...long[0], id: `b${i}` })),
  });
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0].message).toContain(String(LIMITS.poolBytes));
  await product.restart();
  expect(await product.apiOk('GET', '/config')).toEqual(before);
  expect((await many.get()).status).toBe(200);
  expect((await large.get()).status).toBe(200);
});

test('counters of 2,000 backends, half of them gone, are all there after a restart', async () => {
  const a = await startConfigurableBackend();
  const ids = (first: number) => times(1_000, (i) => `b${first + i}${'x'.repeat(58)}`);
  const backendsOf = (first: number) => ids(first).map((id) => ({ id, url: a.url }));
  const pool = await servePool(product, 'gone', backendsOf(1_000));
  const requests = async () =>
    (await product.apiOk('GET', '/pools/gone/status')).backends.map((row: Json) => row.requests);
  const isDone = (counts: number[]) => counts.every((count) => count === 1);
  await many(1_000, 16, () => pool.get());
  await eventually(requests, isDone);
  await product.apiOk('PUT', '/pools/gone', { backends: backendsOf(2_000) });
  await many(1_000, 16, () => pool.get());
  await eventually(requests, isDone);
  // Counters that the metrics have shown are stored.
  const counters = async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const text = await (await fetch(`${product.url}/api/metrics`, { headers })).text();
    return text.split('\n').filter((line) => line.startsWith('evenkeel_requests_total{pool="gone"'));
  };
  const before = await counters();
  expect(before).toHaveLength(1_000);
  await product.restart();
  expect(await counters()).toEqual(before);
  await product.apiOk('PUT', '/pools/gone', { backends: backendsOf(1_000) });
  expect((await counters()).every((line) => line.endsWith(' 1'))).toBe(true);
});

test('10,000 routes are served, the last as the first; one more is refused and changes nothing', async () => {
  const a = await startConfigurableBackend();
  const pools = [{ id: 'routes', backends: named(a) }];
  const routes = times(LIMITS.routes, (i) => ({
    id: `r${i}`,
    host: 'routes.test',
    path: `/${i}`,
    pool: 'routes',
  }));
  const { revision } = await product.apiOk('PUT', '/config', { pools, routes });
  for (const path of ['/0', '/9999/below']) expect((await product.get('routes.test', path)).status).toBe(200);
  expect((await product.get('routes.test', '/10000')).status).toBe(404);
  const refused = await product.api('PUT', '/routes/more', {
    host: 'routes.test',
    path: '/more',
    pool: 'routes',
  });
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0].message).toContain('10000');
  const conflict = await product.api('DELETE', '/pools/routes');
  expect(conflict.status).toBe(409);
  expect(conflict.body.detail.length).toBeLessThan(1_000);
  expect((await product.apiOk('GET', '/config')).revision).toBe(revision);
});

test('a document in several pieces keeps every character, whatever stands where it is cut', async () => {
  const a = await startConfigurableBackend();
  for (const shift of ['', 'x']) {
    const url = `${a.url}/${shift}${'\u{1f600}'.repeat(1_000)}`;
    const backends = times(100, (i) => ({ id: `b${i}`, url }));
    const pools = times(4, (i) => ({ id: `emoji${i}`, backends }));
    await product.apiOk('PUT', '/config', { pools, routes: [] });
    const before = await product.apiOk('GET', '/config');
    await product.restart();
    expect(JSON.stringify(await product.apiOk('GET', '/config')) === JSON.stringify(before)).toBe(true);
  }
});

test('a hundred revisions and a thousand events are kept, the oldest go', async () => {
  const a = await startConfigurableBackend();
  await product.apiOk('PUT', '/config', { pools: [], routes: [] });
  await servePool(product, 'kept', named(a));
  await many(1_010, 8, (i) => product.apiOk('PATCH', '/pools/kept/backends/a', { weight: 1 + (i % 1_000) }));
  const { revision, revisions } = await product.apiOk('GET', '/config/revisions');
  expect(revisions.map((row: Json) => row.revision)).toEqual(times(100, (i) => revision - i));
  expect((await product.api('GET', `/config/revisions/${revision - 100}`)).status).toBe(404);
  const { events } = await product.apiOk('GET', '/events?limit=1000');
  expect(events).toHaveLength(1_000);
});

test('two hundred may watch at once; one more is turned away until one of them goes', async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const watchers = times(200, () => openLive(product, headers));
  onTestFinished(() => {
    for (const watcher of watchers) watcher.terminate();
  });
  await Promise.all(watchers.map((watcher) => once(watcher, 'open')));
  expect(await refusal(product, headers)).toBe(503);
  watchers[0]!.close();
  const isLetIn = async () => {
    const socket = openLive(product, headers);
    watchers.push(socket);
    socket.on('error', () => undefined);
    const [event] = await Promise.race([
      once(socket, 'open').then(() => ['open']),
      once(socket, 'unexpected-response').then(() => ['refused']),
    ]);
    return event;
  };
  await eventually(isLetIn, (event) => event === 'open', 10_000, 200);
});

test('a hundred one-time logins wait at most; the oldest go', async () => {
  const codes: string[] = [];
  for (let i = 0; i < 101; i++) codes.push((await product.apiOk('POST', '/session/link')).code);
  const signIn = async (code: string) => (await product.api('POST', '/session', { code })).status;
  expect(await signIn(codes[0]!)).toBe(401);
  expect(await signIn(codes[100]!)).toBe(200);
});
