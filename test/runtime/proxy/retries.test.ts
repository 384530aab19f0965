/** When a request is tried again elsewhere, and when not; how long each attempt and all of them may take. */
import { createHash } from 'node:crypto';
import type http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deadPort, startOrigin } from '../../support/origins.ts';
import { named, servePool, startConfigurableBackend, startForTest } from '../../support/product/pools.ts';
import { eventually, type Json, type Product, startProduct, tally } from '../../support/product/product.ts';

let product: Product;
/** Nobody listens there. */
let dead: { url: string };
/** Takes requests and never answers. */
let hung: Awaited<ReturnType<typeof startOrigin>>;
let good: Awaited<ReturnType<typeof startOrigin>>;
beforeAll(async () => {
  product = await startProduct();
  dead = { url: `http://127.0.0.1:${await deadPort()}` };
  hung = await startOrigin((request) => void request.resume());
  good = await startOrigin((request, response) => {
    request.resume();
    request.on('end', () => response.end('good'));
  });
});
afterAll(async () => {
  await product.stop();
  await Promise.all([hung.stop(), good.stop()]);
});

/** Nobody is ejected, so that the first backend is asked each time it is its turn. */
const PATIENT = { failures: 1_000, failurePercent: 0, stallMs: 0 };
let pools = 0;
const poolOf = (backends: Json[], more: Json = {}, route: Json = {}) =>
  servePool(product, `retry-${++pools}`, backends, { ejection: PATIENT, ...more }, route);

const KEY = { 'idempotency-key': 'k' };
test.each<
  [
    method: string,
    first: 'dead' | 'hung' | number,
    more: Json,
    headers: http.OutgoingHttpHeaders,
    expected: string,
  ]
>([
  ['GET', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['HEAD', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['OPTIONS', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['PUT', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['DELETE', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['GET', 'dead', {}, { 'content-length': '0' }, 'a;connect-failure, b;200'],
  ['HEAD', 'dead', {}, { 'content-length': '0' }, 'a;connect-failure, b;200'],
  ['PROPFIND', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['REPORT', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['SEARCH', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['QUERY', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['MKCOL', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['COPY', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['MOVE', 'dead', {}, {}, 'a;connect-failure, b;200'],
  ['LOCK', 'dead', {}, {}, 'a;connect-failure'],
  ['POST', 'dead', {}, {}, 'a;connect-failure'],
  ['PATCH', 'dead', {}, {}, 'a;connect-failure'],
  ['POST', 'dead', { nonIdempotent: true }, {}, 'a;connect-failure, b;200'],
  ['PATCH', 'dead', { nonIdempotent: true }, {}, 'a;connect-failure, b;200'],
  ['POST', 'dead', {}, KEY, 'a;connect-failure'],
  ['POST', 'dead', { nonIdempotent: 'idempotency-key' }, {}, 'a;connect-failure'],
  ['POST', 'dead', { nonIdempotent: 'idempotency-key' }, KEY, 'a;connect-failure, b;200'],
  ['GET', 'hung', {}, {}, 'a;timeout, b;200'],
  ['POST', 'hung', {}, {}, 'a;timeout'],
  ['GET', 'hung', { on: ['connect-failure'] }, {}, 'a;timeout'],
  ['GET', 'dead', { on: ['timeout'] }, {}, 'a;connect-failure'],
  ['GET', 'dead', { maxRetries: 0 }, {}, 'a;connect-failure'],
  ['GET', 502, {}, {}, 'a;502, b;200'],
  ['GET', 503, {}, {}, 'a;503, b;200'],
  ['GET', 504, {}, {}, 'a;504, b;200'],
  ['POST', 503, {}, {}, 'a;503'],
  ['GET', 503, { on: [502] }, {}, 'a;503'],
  ['GET', 500, {}, {}, 'a;500'],
  ['GET', 500, { on: [500] }, {}, 'a;500, b;200'],
  ['GET', 404, {}, {}, 'a;404'],
  ['GET', 429, {}, {}, 'a;429'],
  ['GET', 520, {}, {}, 'a;520'],
  ['GET', 522, {}, {}, 'a;522, b;200'],
  ['GET', 524, {}, {}, 'a;524, b;200'],
  ['POST', 521, {}, {}, 'a;521, b;200'],
  ['POST', 522, {}, {}, 'a;522'],
  ['POST', 523, {}, {}, 'a;523, b;200'],
  ['POST', 524, {}, {}, 'a;524'],
  ['PATCH', 525, {}, {}, 'a;525, b;200'],
  ['POST', 526, {}, {}, 'a;526, b;200'],
  ['POST', 530, {}, {}, 'a;530, b;200'],
  ['POST', 530, { on: [503] }, {}, 'a;530'],
])('%s, first backend %s, retry %j, headers %j: %s', async (method, first, retry, headers, expected) => {
  const a = first === 'dead' ? dead : first === 'hung' ? hung : await startConfigurableBackend(first);
  const [one, other] = named(a, good);
  const timeoutMs = first === 'hung' ? 150 : 5_000;
  const pool = await poolOf([{ ...one, timeoutMs }, other], { retry, timeoutMs: 5_000 });
  const body = method === 'POST' || method === 'PATCH' ? { body: 'x=1' } : {};
  const answer = await pool.get('/', { method, headers, ...body });
  expect(answer.headers['x-backend-attempts']).toBe(expected);
  const [last, status] = expected.split(', ').at(-1)!.split(';');
  const none = { 'connect-failure': 502, timeout: 504 }[status!];
  expect(answer.status).toBe(none ?? Number(status));
  expect(answer.backend).toBe(none ? undefined : last);
});

test('each attempt goes to a backend not yet tried, at most maxRetries after the first; the last answer passes', async () => {
  const backends = await Promise.all([503, 503, 503, 503].map(() => startConfigurableBackend(503)));
  const pool = await poolOf(named(...backends), { retry: { maxRetries: 2 } });
  const answer = await pool.get();
  expect(answer.headers['x-backend-attempts']).toBe('a;503, b;503, c;503');
  expect([answer.status, answer.backend]).toEqual([503, 'c']);
  const all = await poolOf(named(...backends), { retry: { maxRetries: 10 } });
  expect((await all.get()).headers['x-backend-attempts']).toBe('a;503, b;503, c;503, d;503');
});

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test.each(['PUT', 'GET'])('a small body of a %s is kept and sent again whole', async (method) => {
  const hashes: string[] = [];
  const takes = (status: number) =>
    startForTest(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      hashes.push(`${request.headers['content-length']} ${hashOf(Buffer.concat(chunks))}`);
      response.writeHead(status).end();
    });
  const pool = await poolOf(named(dead, await takes(503), await takes(200)));
  const body = Buffer.from(Array.from({ length: 65_536 }, (_, i) => i % 251));
  const headers = { 'content-length': body.length };
  const answer = await pool.get('/', { method, headers, body });
  expect(answer.headers['x-backend-attempts']).toBe('a;connect-failure, b;503, c;200');
  expect(hashes).toEqual(Array(2).fill(`65536 ${hashOf(body)}`));
});

test.each<[string, Buffer, http.OutgoingHttpHeaders, Json]>([
  ['a body over the limit', Buffer.alloc(1_001), {}, { bodyLimitBytes: 1_000 }],
  ['a body of unknown length', Buffer.alloc(10), { 'transfer-encoding': 'chunked' }, {}],
])('%s streams once: it is not tried again', async (_, body, headers, retry) => {
  const pool = await poolOf(named(dead, good), { retry });
  const answer = await pool.get('/', { method: 'PUT', body, headers });
  expect([answer.status, answer.headers['x-backend-attempts']]).toEqual([502, 'a;connect-failure']);
});

test('a single backend with a pool that takes over: the small body is kept for it', async () => {
  const other = await poolOf(named(good));
  const pool = await poolOf(named(dead), { whenUnavailable: `pool:${other.id}` });
  const answer = await pool.get('/', { method: 'PUT', body: 'x=1' });
  expect([answer.status, answer.headers['x-backend-attempts']]).toEqual([200, 'a;connect-failure, a;200']);
});

test('in the pool that takes over, a backend is new even if one of its name was tried before', async () => {
  const other = await poolOf(named(dead, good));
  const more = { whenUnavailable: `pool:${other.id}`, retry: { maxRetries: 2 } };
  const pool = await poolOf([{ id: 'b', ...dead }], more);
  const { status, headers } = await pool.get();
  expect([status, headers['x-backend-attempts']]).toEqual([
    200,
    'b;connect-failure, a;connect-failure, b;200',
  ]);
});

test('when the budget is used up, requests fail as they are, and no more are tried twice', async () => {
  const pool = await poolOf(named(dead, good), { retry: { budgetPercent: 0 } });
  const attempts: string[] = [];
  for (let n = 0; n < 40; n++) attempts.push((await pool.get()).headers['x-backend-attempts'] as string);
  expect(tally(attempts)).toEqual({ 'a;connect-failure, b;200': 10, 'a;connect-failure': 10, 'b;200': 20 });
});

test('a retry does not move the sequence', async () => {
  const pool = await poolOf(named(dead, good, good));
  const attempts: string[] = [];
  for (let n = 0; n < 9; n++) attempts.push((await pool.get()).headers['x-backend-attempts'] as string);
  const cycle = (next: string) => [`a;connect-failure, ${next};200`, 'b;200', 'c;200'];
  expect(attempts).toEqual([...cycle('b'), ...cycle('c'), ...cycle('b')]);
});

/** Far longer than any test waits: who got this one would be seen. */
const NEVER = 300_000;
test.each<[string, pool: number, route: number | null, backend: number | null]>([
  ['the pool’s', 200, null, null],
  ['the route’s, over the pool’s', NEVER, 200, null],
  ['the backend’s, over the pool’s', NEVER, null, 200],
  ['the backend’s, over the route’s', NEVER, NEVER, 200],
])('the timeout is %s', async (_, timeoutMs, routeMs, backendMs) => {
  const backend = { id: 'a', url: hung.url, timeoutMs: backendMs };
  const pool = await poolOf([backend], { timeoutMs }, { timeoutMs: routeMs });
  const { status, ms } = await pool.get();
  expect(status).toBe(504);
  expect(ms).toBeGreaterThanOrEqual(190);
});

test('a backend’s longer timeout holds although the pool’s and the route’s are over', async () => {
  const slow = await startForTest((_, response) => void setTimeout(() => response.end('at last'), 600));
  const backend = { id: 'a', url: slow.url, timeoutMs: NEVER };
  const pool = await poolOf([backend], { timeoutMs: 100, retry: { maxRetries: 0 } }, { timeoutMs: 100 });
  expect((await pool.get()).text).toBe('at last');
});

test('all attempts of a request together take at most its timeout times one more than its retries', async () => {
  const [a, b, c] = named(hung, hung, hung);
  // The last two would each take longer than what is left: the bound cuts the second and there is no third.
  const backends = [a, { ...b, timeoutMs: NEVER }, { ...c, timeoutMs: NEVER }];
  const pool = await poolOf(backends, { timeoutMs: 1_000, retry: { maxRetries: 2 } });
  const { status, headers, ms } = await pool.get();
  expect([status, headers['x-backend-attempts']]).toEqual([504, 'a;timeout, b;timeout']);
  expect(ms).toBeGreaterThanOrEqual(2_990);
  expect(ms).toBeLessThan(NEVER / 10);
});

test('a route’s retry settings override the pool’s key by key', async () => {
  const pool = await poolOf(named(dead, good), { retry: { maxRetries: 0 } }, { retry: { maxRetries: 1 } });
  expect((await pool.get()).headers['x-backend-attempts']).toBe('a;connect-failure, b;200');
  const other = await poolOf(named(dead, good), {}, { retry: { nonIdempotent: true } });
  expect((await other.get('/', { method: 'POST', body: 'x' })).status).toBe(200);
});

test('an attempt after the first that ran out of time is broken off, while another one is waited for', async () => {
  let isBroken = false;
  const second = await startForTest((_, response) => response.on('close', () => (isBroken = true)));
  let answerNow = () => {};
  const last = await startForTest((_, response) => {
    answerNow = () => response.end('at last');
  });
  const [a, b, c] = named(hung, second, last);
  const backends = [{ ...a, timeoutMs: 150 }, { ...b, timeoutMs: 150 }, c];
  const pool = await poolOf(backends, { timeoutMs: NEVER });
  const answer = pool.get();
  await eventually(() => last.hits === 1 && isBroken, Boolean);
  answerNow();
  expect((await answer).text).toBe('at last');
});
