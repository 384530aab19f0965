/** The twelve checks that broke other load balancers made of a Worker, one test each or two. */
import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo } from '../../support/origins.ts';
import {
  named,
  servePool,
  spawnForTest,
  spawnOrigins,
  startForTest,
  startLoad,
} from '../../support/product/pools.ts';
import { eventually, many, type Product, startProduct, tally } from '../../support/product/product.ts';
import { openSocket, startSocketOrigin } from '../../support/product/sockets.ts';

/** What a machine may take longer than it should; far less than waiting for the pool's timeout would. */
const SLOW_MS = 5_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const MEGABYTE = Buffer.alloc(1_048_576, 'evenkeel ');

test('weights 5:1:1 over 350 requests in a row are 250/50/50 in the order a a b a c a a', async () => {
  const [a, b, c] = named(...(await spawnOrigins('a', 'b', 'c')));
  const pool = await servePool(product, 'weighted', [{ ...a, weight: 5 }, b, c]);
  const used = await pool.sequence(350);
  expect(used.join('')).toBe('aabacaa'.repeat(50));
  expect(tally(used)).toEqual({ a: 250, b: 50, c: 50 });
});

test('round robin over 300 requests is 100/100/100 and its order never drifts', async () => {
  const pool = await servePool(product, 'even', named(...(await spawnOrigins('a', 'b', 'c'))));
  expect((await pool.sequence(300)).join('')).toBe('abc'.repeat(100));
});

test('sixty requests with the affinity cookie stay at one backend, and the application’s cookie is kept', async () => {
  const app = (name: string) =>
    startForTest((_, response) => response.setHeader('set-cookie', 'session=1').end(name));
  const backends = named(await app('a'), await app('b'), await app('c'));
  const pool = await servePool(product, 'sticky', backends, {}, { affinity: 'cookie' });
  const first = await pool.get();
  const [session, pin] = first.headers['set-cookie']!.map((cookie) => cookie.split(';')[0]!);
  expect(session).toBe('session=1');
  const cookie = `${session}; ${pin}`;
  const rest = await many(60, 4, () => pool.get('/', { headers: { cookie } }));
  expect(tally(rest.map(({ backend }) => backend!))).toEqual({ [first.backend!]: 60 });
  expect(rest.every(({ headers }) => headers['set-cookie']?.includes('session=1'))).toBe(true);
});

test('3,500 requests, 32 at a time, get the shares 5:1:1 to within one lease', async () => {
  const lease = 64;
  const [a, b, c] = named(...(await spawnOrigins('a', 'b', 'c')));
  const pool = await servePool(product, 'crowd', [{ ...a, weight: 5 }, b, c]);
  const shares = tally((await many(3_500, 32, () => pool.get())).map(({ backend }) => backend!));
  expect(Math.abs(shares.a! - 2_500)).toBeLessThanOrEqual(lease);
  expect(Math.abs(shares.b! - 500)).toBeLessThanOrEqual(lease);
  expect(Math.abs(shares.c! - 500)).toBeLessThanOrEqual(lease);
});

test('one of three backends killed during 600 GETs, 16 at a time, costs no error and no answer above 500 ms', async () => {
  const origins = await spawnOrigins('a', 'b', 'c');
  const pool = await servePool(product, 'killed', named(...origins));
  const answers = await many(600, 16, async (i) => {
    if (i === 200) void origins[1]!.kill();
    return pool.get();
  });
  expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 600 });
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(SLOW_MS);
  expect(answers.at(-1)!.backend).not.toBe('b');
});

test('POSTs of 1 MB to a dead first backend get 502 until it is ejected, then 200, and never anything else', async () => {
  const [a, b, c] = await spawnOrigins('a', 'b', 'c');
  await a!.kill();
  const pool = await servePool(product, 'posts', named(a!, b!, c!));
  const statuses: number[] = [];
  for (let i = 0; i < 30; i++) {
    const { status, headers, text } = await pool.get('/echo', { method: 'POST', body: MEGABYTE });
    statuses.push(status);
    if (status === 200) expect(text.length).toBe(MEGABYTE.length);
    else expect(headers['content-type']).toBe('application/problem+json');
  }
  expect(tally(statuses)).toEqual({ 200: 27, 502: 3 });
});

test('a killed backend that is back gets traffic again within its ejection time and two seconds', async () => {
  const origins = await spawnOrigins('a', 'b', 'c');
  // Long enough for the new process to listen before its probe comes.
  const pool = await servePool(product, 'revived', named(...origins), { ejection: { baseMs: 5_000 } });
  const load = startLoad(() => pool.get());
  await eventually(
    () => load.answers.length,
    (count) => count > 100,
  );
  await origins[1]!.kill();
  const { ejectedUntil } = await eventually(
    () => pool.status('b'),
    ({ status }) => status === 'ejected',
  );
  await spawnForTest('b', origins[1]!.port);
  const seen = load.answers.length;
  await eventually(
    () => load.answers.slice(seen).some(({ backend }) => backend === 'b'),
    Boolean,
    ejectedUntil - Date.now() + 2_000 + SLOW_MS,
  );
  expect(tally((await load.stop()).map(({ status }) => status))).toEqual({ 200: load.answers.length });
});

test('when all three are down every answer is a clean 502, and the first one after their return is a 200', async () => {
  const origins = await spawnOrigins('a', 'b', 'c');
  const pool = await servePool(product, 'outage', named(...origins), { ejection: { baseMs: 1_000 } });
  expect((await pool.get()).status).toBe(200);
  await Promise.all(origins.map((origin) => origin.kill()));
  const down = await many(12, 1, () => pool.get());
  expect(tally(down.map(({ status }) => status))).toEqual({ 502: 12 });
  await Promise.all(['a', 'b', 'c'].map((name, i) => spawnForTest(name, origins[i]!.port)));
  expect((await pool.get()).status).toBe(200);

  const statuses = new Set<number>();
  const lowRate = async () => {
    statuses.add((await pool.get()).status);
    return pool.verdicts();
  };
  await eventually(lowRate, (verdicts) => verdicts === 'available, available, available', 10_000, 250);
  expect([...statuses]).toEqual([200]);
});

test('an application route that answers 500 passes it through and ejects no backend', async () => {
  const pool = await servePool(product, 'buggy', named(...(await spawnOrigins('a', 'b', 'c'))));
  const answers = await many(60, 4, () => pool.get('/error?status=500'));
  expect(tally(answers.map(({ status }) => status))).toEqual({ 500: 60 });
  await eventually(
    () => pool.status('a'),
    ({ requests }) => requests === 20,
  );
  expect(await pool.verdicts()).toBe('available, available, available');
  expect((await pool.status('a')).failures).toBe(0);
  expect((await pool.get()).status).toBe(200);
});

test('a backend slower than the timeout is left for another as soon as the timeout is over', async () => {
  const slow = await startForTest(() => undefined);
  const [a, b] = named(slow, ...(await spawnOrigins('b')));
  const pool = await servePool(product, 'slow', [{ ...a, timeoutMs: 300 }, b!]);
  const { status, backend, headers, ms } = await pool.get();
  expect({ status, backend }).toEqual({ status: 200, backend: 'b' });
  expect(headers['x-backend-attempts']).toBe('a;timeout, b;200');
  expect(ms).toBeGreaterThanOrEqual(290);
  expect(ms).toBeLessThan(290 + SLOW_MS);
});

test('a WebSocket works, and counts as no failure', async () => {
  const [a, b] = [await startSocketOrigin('a'), await startSocketOrigin('b')];
  const pool = await servePool(product, 'sockets', named(a, b));
  for (let n = 0; n < 8; n++) {
    const { socket } = await openSocket(product, pool.host);
    const heard = once(socket, 'message');
    socket.send('hello');
    expect(String((await heard)[0])).toBe('hello');
  }
  const { failures } = await eventually(
    () => pool.status('a'),
    ({ requests }) => requests === 4,
  );
  expect(failures).toBe(0);
  expect(await pool.verdicts()).toBe('available, available');
});

test('server-sent events stream, and so does a POST of 1 MB: each piece is seen before the next is sent', async () => {
  const app = await startForTest((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    request.pipe(response);
  });
  const pool = await servePool(product, 'streams', named(app));
  const options = { host: '127.0.0.1', port: product.port, method: 'POST', agent: false };
  const headers = { host: pool.host, 'content-length': MEGABYTE.length };
  const request = http.request({ ...options, headers });
  request.flushHeaders();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  // The last piece may bring the end with it.
  const ended = once(response, 'end');
  let seen = 0;
  response.on('data', (chunk: Buffer) => {
    seen += chunk.length;
  });
  for (let sent = 0; sent < MEGABYTE.length; ) {
    const piece = MEGABYTE.subarray(sent, sent + 131_072);
    request.write(piece);
    sent += piece.length;
    await eventually(
      () => seen,
      (bytes) => bytes === sent,
    );
  }
  request.end();
  await ended;
});

test('GET //127.0.0.1:PORT/ reaches nothing but the pool', async () => {
  const victim = await startForTest(echo('victim'));
  const pool = await servePool(product, 'closed', named(await startForTest(echo('a'))));
  for (const path of [`//127.0.0.1:${victim.port}/`, `/\\127.0.0.1:${victim.port}/`]) {
    const { status, text } = await pool.get(path);
    expect([status, JSON.parse(text).name]).toEqual([200, 'a']);
  }
  expect(victim.hits).toBe(0);
});
