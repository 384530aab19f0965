/** What an isolate remembers of clients and requests has limits: each is reached here, and passed. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import type { Mapping } from '../../../../worker/protocol/messages.ts';
import { issuePin, readPin, SECRETS_KEPT, VERIFIED_KEPT } from '../../../../worker/proxy/affinity/cookie.ts';
import {
  noteClient,
  putBackClients,
  REMEMBERED,
  takeClients,
} from '../../../../worker/proxy/pool-client/affinity-clients.ts';
import { recordMapping } from '../../../../worker/proxy/pool-client/outbox.ts';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import { CAPACITY } from '../../../../worker/proxy/pool-client/reports.ts';
import { takeReports } from '../../../support/sim/report-taker.ts';

const COOKIE = { name: 'X-Backend-Id', ttlSeconds: 100_000, sameSite: 'Lax' } as const;
const T0 = 1_800_000_000_000;
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const viewOf = (ids: readonly string[], more: object = {}) => new PoolView(poolOf(ids, more), 1);
const poolOf = (ids: readonly string[], more: object = {}) =>
  poolSchema.parse({ id: 'p', backends: ids.map((id) => ({ id, url: 'http://a.test' })), ...more });

async function issued(pool: string, secret: string, secondsAgo = 0): Promise<string> {
  const header = await issuePin(COOKIE, pool, 'b', secret, true, T0 - secondsAgo * 1_000);
  return header.split(';')[0]!;
}
const read = (pool: string, cookie: string, secret: string) =>
  readPin(cookie, COOKIE, pool, [{ id: 'b' }], secret, T0);

test(`${VERIFIED_KEPT} genuine cookies cost one HMAC each; past that the oldest costs it again, and still counts`, async () => {
  const verify = vi.spyOn(crypto.subtle, 'verify');
  onTestFinished(() => verify.mockRestore());
  const cookies = await Promise.all(times(VERIFIED_KEPT + 1, (i) => issued('kept', 'one', i)));
  const oldest = cookies[0]!;
  for (const cookie of cookies.slice(0, VERIFIED_KEPT)) await read('kept', cookie, 'one');
  for (const cookie of [oldest, cookies[VERIFIED_KEPT - 1]!]) await read('kept', cookie, 'one');
  expect(verify).toHaveBeenCalledTimes(VERIFIED_KEPT);
  await read('kept', cookies[VERIFIED_KEPT]!, 'one');
  expect((await read('kept', oldest, 'one'))?.backend).toBe('b');
  expect(verify).toHaveBeenCalledTimes(VERIFIED_KEPT + 2);
});

test(`the first ${SECRETS_KEPT} secrets verify; a further one does not, and a forged cookie costs no more`, async () => {
  const secrets = times(SECRETS_KEPT + 1, (i) => `secret-${i}`);
  const setting = secrets.join();
  const [last, further] = [secrets.at(-2)!, secrets.at(-1)!];
  expect((await read('secrets', await issued('secrets', last), setting))?.backend).toBe('b');
  const verify = vi.spyOn(crypto.subtle, 'verify');
  onTestFinished(() => verify.mockRestore());
  expect(await read('secrets', await issued('secrets', further, 1), setting)).toBeNull();
  expect(verify).toHaveBeenCalledTimes(SECRETS_KEPT);
});

test(`the keys of ${SECRETS_KEPT} secrets are kept; past that the oldest is made again`, async () => {
  const make = vi.spyOn(crypto.subtle, 'importKey');
  onTestFinished(() => make.mockRestore());
  const secrets = times(SECRETS_KEPT, (i) => `key-${i}`);
  for (const secret of [...secrets, ...secrets]) await issued('keys', secret);
  expect(make).toHaveBeenCalledTimes(SECRETS_KEPT);
  for (const secret of ['key-more', 'key-more', 'key-0']) await issued('keys', secret);
  expect(make).toHaveBeenCalledTimes(SECRETS_KEPT + 2);
});

const CLIENTS_ENV = { AFFINITY_SECRET: 's' } as Env;
const seen = (view: PoolView, backend: string, issuedAt: number): void =>
  noteClient(view, backend, issuedAt, new Request('http://shop.test/'), CLIENTS_ENV);
const countOf = (told: Readonly<Record<string, readonly number[]>>): number =>
  Object.values(told).reduce((sum, hashes) => sum + hashes.length, 0);

test(`${REMEMBERED} clients are told once; one more, and all are told again`, () => {
  const view = viewOf(['a']);
  for (let i = 0; i < REMEMBERED; i++) seen(view, 'a', i);
  const told = countOf(takeClients(view));
  // A hash of 32 bits may fall together with another.
  expect(told).toBeGreaterThan(REMEMBERED - 100);
  seen(view, 'a', 0);
  expect(takeClients(view)).toEqual({});
  for (let i = 0; i < 100; i++) seen(view, 'a', REMEMBERED + i);
  takeClients(view);
  seen(view, 'a', 0);
  expect(countOf(takeClients(view))).toBe(1);
});

test(`while the object is away ${REMEMBERED} clients of all backends wait to be told, the newest`, () => {
  const ids = times(40, (i) => `b${i}`);
  const view = viewOf(ids);
  let untaken: Record<string, number[]> = {};
  let newest: Record<string, number[]> = {};
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < REMEMBERED; i++) seen(view, ids[i % 40]!, round * REMEMBERED + i);
    newest = takeClients(view);
    expect(countOf(newest)).toBeLessThanOrEqual(REMEMBERED);
    putBackClients(view, newest);
    putBackClients(view, untaken);
    untaken = takeClients(view);
    expect(countOf(untaken)).toBeLessThanOrEqual(REMEMBERED);
  }
  expect(countOf(untaken)).toBe(REMEMBERED);
  expect(untaken.b7).toEqual(expect.arrayContaining(newest.b7!));
});

test('of requests under way those at backends that are gone are not kept, whether they end or not', () => {
  const view = viewOf(['a', 'b0'], { policy: 'least-request' });
  for (let i = 0; i < 3 * LIMITS.backendsPerPool; i++) {
    view.addInFlight('a', 1);
    view.addInFlight(`b${i}`, 1);
    view.configure(poolOf(['a', `b${i + 1}`], { policy: 'least-request' }), i + 2);
  }
  expect([...view.inFlight]).toEqual([['a', 3 * LIMITS.backendsPerPool]]);
  view.addInFlight('b0', -1);
  expect(view.inFlight.size).toBe(1);
});

test(`requests that nobody was asked for wait as mappings, ${CAPACITY} in a batch and ${CAPACITY} in those not taken`, async () => {
  const view = viewOf(['a']);
  const object = takeReports();
  const { taken, env, ctx } = object;
  object.isAway = true;
  const record = async (count: number) => {
    for (let i = 0; i < count; i++) recordMapping(view, { at: i } as Mapping, Date.now(), env, ctx);
    await object.settled();
  };
  for (let round = 0; round < 8; round++) {
    // Each time the object is thought to be back, and is not.
    view.hear({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
    await record(600);
  }
  object.isAway = false;
  view.hear({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  await record(10);
  const told = taken.flatMap(({ mappings }) => JSON.parse(mappings.json) as Mapping[]);
  expect(told.length).toBeGreaterThan(600);
  expect(told.length).toBeLessThanOrEqual(2 * CAPACITY);
  expect(told.at(-1)!.at).toBe(9);
});
