/** WebSockets pass natively: what either side says or does, the other one sees. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type WebSocket from 'ws';
import { deadPort } from '../../support/origins.ts';
import { named, servePool, startForTest } from '../../support/product/pools.ts';
import { eventually, type Product, startProduct } from '../../support/product/product.ts';
import { rawRequest, sendRaw } from '../../support/product/raw.ts';
import { openSocket, refusedSocket, startSocketOrigin } from '../../support/product/sockets.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

/** A pool of one backend, and both ends of a WebSocket through it. */
async function connected(id: string, protocols: string[] = []) {
  const origin = await startSocketOrigin(id);
  const pool = await servePool(product, id, named(origin));
  const { socket, headers } = await openSocket(product, pool.host, protocols);
  return { pool, client: socket, backend: origin.sockets[0]!, headers, handshake: origin.handshakes[0]! };
}

/** What comes back for `data`, and whether it is binary. */
async function said(socket: WebSocket, data: string | Buffer): Promise<[Buffer, boolean]> {
  const heard = once(socket, 'message');
  socket.send(data);
  return heard as Promise<[Buffer, boolean]>;
}

test('text and binary messages come back unchanged, large ones too', async () => {
  const { client } = await connected('messages');
  const [text, isBinary] = await said(client, 'grüß dich');
  expect([String(text), isBinary]).toEqual(['grüß dich', false]);
  for (const size of [0, 1, 70_000, 1_500_000]) {
    const sent = Buffer.alloc(size, 'evenkeel');
    const [bytes, binary] = await said(client, sent);
    expect([bytes.equals(sent), binary]).toEqual([true, true]);
  }
});

test('the backend chooses the subprotocol, and the client sees it', async () => {
  const { client, backend, handshake } = await connected('protocol', ['first', 'second']);
  expect(handshake['sec-websocket-protocol']?.split(/, ?/)).toEqual(['first', 'second']);
  expect([client.protocol, backend.protocol]).toEqual(['second', 'second']);
});

test('the handshake carries the forwarded headers, its answer the debug headers', async () => {
  const { headers, handshake } = await connected('handshake');
  expect(handshake).toMatchObject({ 'x-forwarded-host': 'handshake.test', 'x-forwarded-for': '127.0.0.1' });
  expect(headers).toMatchObject({ 'x-backend-used': 'a', 'x-backend-attempts': 'a;101' });
});

test.each(['client', 'backend'] as const)('a ping of the %s’s is answered by the other end', async (from) => {
  const { client, backend } = await connected(`ping-${from}`);
  const [near, far] = from === 'client' ? [client, backend] : [backend, client];
  const [pinged, ponged] = [once(far, 'ping'), once(near, 'pong')];
  near.ping('are you there');
  expect(String((await pinged)[0])).toBe('are you there');
  expect(String((await ponged)[0])).toBe('are you there');
});

test.each(['client', 'backend'] as const)(
  'close code 4001 and its reason of the %s’s arrive',
  async (from) => {
    const { client, backend } = await connected(`close-${from}`);
    const [near, far] = from === 'client' ? [client, backend] : [backend, client];
    const [closedFar, closedNear] = [once(far, 'close'), once(near, 'close')];
    near.close(4001, 'enough');
    const [code, reason] = await closedFar;
    expect([code, String(reason)]).toEqual([4001, 'enough']);
    expect((await closedNear)[0]).toBe(4001);
  },
);

test('a WebSocket stays open past the timeout to headers', async () => {
  const origin = await startSocketOrigin('a');
  const pool = await servePool(product, 'patient', named(origin), { timeoutMs: 1_000 });
  const { socket } = await openSocket(product, pool.host);
  const openedAt = performance.now();
  await eventually(
    async () => String((await said(socket, 'still there'))[0]),
    (text) => text === 'still there' && performance.now() - openedAt > 2_500,
    10_000,
    100,
  );
});

test.each([403, 503])(
  'a handshake that the application refuses with %i passes and counts no failure',
  async (status) => {
    const app = await startForTest((_, response) => response.end());
    app.server.on('upgrade', (_, socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\nX-Own: yes\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    const pool = await servePool(product, `refused-${status}`, named(app), { retry: { maxRetries: 0 } });
    for (let n = 0; n < 5; n++) {
      const { statusCode, headers } = await refusedSocket(product, pool.host);
      expect(statusCode).toBe(status);
      expect(headers).toMatchObject({ 'x-own': 'yes', 'x-backend-used': 'a' });
    }
    const { failures } = await eventually(
      () => pool.status('a'),
      ({ requests }) => requests === 5,
    );
    expect(failures).toBe(0);
  },
);

test('when the first backend is dead another one takes the WebSocket', async () => {
  const origin = await startSocketOrigin('b');
  const dead = { url: `http://127.0.0.1:${await deadPort()}` };
  const pool = await servePool(product, 'failover', named(dead, origin));
  const { socket, headers } = await openSocket(product, pool.host);
  expect(headers).toMatchObject({ 'x-backend-used': 'b', 'x-backend-attempts': 'a;connect-failure, b;101' });
  expect(String((await said(socket, 'hello'))[0])).toBe('hello');
});

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const VERSION = 'Sec-WebSocket-Version: 13';
test.each<[string, number, string[]]>([
  ['no key', 400, [VERSION]],
  ['an empty key', 400, [VERSION, 'Sec-WebSocket-Key:']],
  ['version 8', 426, [KEY, 'Sec-WebSocket-Version: 8']],
  ['no version', 426, [KEY]],
])('a handshake with %s is answered %i by us, and no backend is asked', async (what, status, fields) => {
  const origin = await startSocketOrigin('a');
  const pool = await servePool(product, what.replaceAll(' ', '-'), named(origin));
  const upgrade = ['Connection: Upgrade', 'Upgrade: WebSocket', 'X-Request-Id: faulty', ...fields];
  const { head, body, ...answer } = await sendRaw(product.port, rawRequest('/ws', pool.host, upgrade));
  expect(answer.status).toBe(status);
  expect(head).toMatch(/^content-type: application\/problem\+json/im);
  if (status === 426) expect(head).toMatch(/^sec-websocket-version: 13/im);
  expect(JSON.parse(body)).toMatchObject({ status, requestId: 'faulty' });
  expect(await pool.mapping('faulty')).toMatchObject({ status, backend: null, attempts: [] });
  expect(origin.handshakes).toEqual([]);
  await openSocket(product, pool.host);
  expect(origin.handshakes).toHaveLength(1);
});
