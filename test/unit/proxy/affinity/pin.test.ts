/** Which responses set the affinity cookie, and the backend that they pin the client to. */
import { expect, test } from 'vitest';
import { poolSchema, routeSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import type { MappedAttempt } from '../../../../worker/protocol/messages.ts';
import { readPin } from '../../../../worker/proxy/affinity/cookie.ts';
import { buildPinCookie, isForSharedCaches, needsPin } from '../../../../worker/proxy/affinity/pin.ts';
import { beginExchange, type IncomingRequest } from '../../../../worker/proxy/exchange.ts';
import { PoolClient } from '../../../../worker/proxy/pool-client/pool-client.ts';
import { compileRoute } from '../../../../worker/proxy/routing/routes.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';
import { HOST } from '../../../support/sim/pool-sim.ts';

const env = { AFFINITY_SECRET: 'one' } as unknown as Env;
const ctx = { waitUntil: () => undefined } as unknown as IncomingRequest['ctx'];
const TTL = 1_000;

interface Scene {
  /** The client's pin: its backend, its pool, its age in seconds. */
  readonly pin?: readonly [backend: string, pool: string, age: number];
  /** Who was asked and how it went; the last one answered. */
  readonly attempts?: readonly (readonly [backend: string, outcome: MappedAttempt['outcome']])[];
  readonly answer?: ResponseInit;
  readonly request?: RequestInit;
  readonly draining?: string;
}

/** The backend that the response pins the client to; null: it sets no cookie. */
async function pins({ pin, attempts = [['a', 'ok']], answer = {}, request = {}, draining }: Scene) {
  const backends = ['a', 'b', 'c'].map((id) => ({
    id,
    url: 'http://x.test',
    state: id === draining ? 'draining' : 'active',
  }));
  const view = new PoolClient(poolSchema.parse({ id: 'p', backends }), 1, HOST);
  const affinityCookie = { ttlSeconds: TTL };
  const route = routeSchema.parse({ id: 'r', host: 'p.test', pool: 'p', affinity: 'cookie', affinityCookie });
  const sent = new Request('http://p.test/', request);
  const now = Date.now();
  const target = readTarget(sent.url);
  const { headers } = sent;
  const incoming = { request: sent, headers, target, requestId: 'id', startedAt: now, env, ctx };
  const exchange = beginExchange(incoming, compileRoute(route), view);
  if (pin) exchange.pin = { pool: pin[1], backend: pin[0], issuedAt: Math.floor(now / 1_000) - pin[2] };
  for (const [backend, outcome] of attempts)
    exchange.attempts.push({ backend, outcome, status: null, ms: 1 });
  const [answered] = attempts.at(-1)!;
  if (!needsPin(exchange, answered, new Response(null, answer))) return null;
  const cookies = new Map([['X-Backend-Id', TTL]]);
  const cookie = (await buildPinCookie(exchange, answered, cookies)).split(';')[0]!;
  return (await readPin(cookie, { pool: 'p', backends, cookie: route.affinityCookie, secrets: 'one' }, now))!
    .backend;
}

/** What a browser asks before it asks. */
const PREFLIGHT = { origin: 'https://other.test', 'access-control-request-method': 'PUT' };
const HALF_SPENT = TTL / 2 + 1;

test.each<[string, Scene, string | null]>([
  ['a new client to the backend that answered', {}, 'a'],
  ['a client with a pin to no other', { pin: ['a', 'p', 1] }, null],
  ['a client with a half-spent pin again', { pin: ['a', 'p', HALF_SPENT] }, 'a'],
  ['a client of another pool here as well', { pin: ['b', 'q', 1] }, 'a'],
  [
    'a client whose backend failed it to the one that answered',
    {
      pin: ['a', 'p', 1],
      attempts: [
        ['a', 'timeout'],
        ['b', 'failure-status'],
        ['c', 'ok'],
      ],
    },
    'c',
  ],
  ['no client that carried a probe elsewhere', { pin: ['a', 'p', 1], attempts: [['b', 'ok']] }, null],
  [
    'a client that carried a probe, its pin half spent, to its own backend',
    {
      pin: ['a', 'p', HALF_SPENT],
      attempts: [
        ['b', 'connect-failure'],
        ['c', 'ok'],
      ],
    },
    'a',
  ],
  ['no client by an answer that counts as a failure', { attempts: [['a', 'failure-status']] }, null],
  [
    'no client by the failed answer of another backend than its own, which failed first',
    {
      pin: ['a', 'p', 1],
      attempts: [
        ['a', 'timeout'],
        ['b', 'failure-status'],
      ],
    },
    null,
  ],
  ['no client by a handshake that is refused with 503', { answer: { status: 503 } }, null],
  ['no client by a 304', { answer: { status: 304 } }, null],
  ['a client by a 404 of the application', { answer: { status: 404 } }, 'a'],
  ['no client by what shared caches may keep', { answer: { headers: { 'cache-control': 'public' } } }, null],
  ['a client by what it alone may keep', { answer: { headers: { 'cache-control': 'max-age=60' } } }, 'a'],
  ['no client of a draining backend again', { pin: ['a', 'p', HALF_SPENT], draining: 'a' }, null],
  [
    'a client of a draining backend that failed it to the one that answered',
    {
      pin: ['a', 'p', 1],
      attempts: [
        ['a', 'timeout'],
        ['b', 'ok'],
      ],
      draining: 'a',
    },
    'b',
  ],
  ['no client by a preflight', { request: { method: 'OPTIONS', headers: PREFLIGHT } }, null],
  ['a client by another OPTIONS', { request: { method: 'OPTIONS', headers: { origin: 'x' } } }, 'a'],
])('a response pins %s', async (_, scene, expected) => {
  expect(await pins(scene)).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['cache-control', 'public', true],
  ['cache-control', 'public, max-age=600', true],
  ['cache-control', 'max-age=600,Public', true],
  ['cache-control', 'max-age=0, s-maxage=600', true],
  ['cache-control', 'private, max-age=600', false],
  ['cache-control', 'no-store', false],
  ['cache-control', 'max-age=600', false],
  ['cache-control', 'x-public, not-s-maxage=3', false],
  ['expires', 'Thu, 01 Jan 2099 00:00:00 GMT', false],
  ['cdn-cache-control', 'max-age=600', true],
  ['cloudflare-cdn-cache-control', 's-maxage="60"', true],
  ['cdn-cache-control', 'max-age=0', false],
  ['cdn-cache-control', 'no-store', false],
])('%s: %s is for shared caches: %s', (name, value, expected) => {
  expect(isForSharedCaches(new Headers({ [name]: value }))).toBe(expected);
});
