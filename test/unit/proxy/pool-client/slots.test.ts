/** The parts an isolate and its object share out between them: slots, reports, latencies, hashing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, hash32, score } from '../../../../worker/balance/hash.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import { GAPS_KEPT, Reporters } from '../../../../worker/objects/pool/report-dedup.ts';
import type { LeaseReply } from '../../../../worker/protocol/messages.ts';
import {
  noteClient,
  putBackClients,
  takeClients,
} from '../../../../worker/proxy/pool-client/affinity-clients.ts';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import { type Fate, SLOTS_HELD, Slots } from '../../../../worker/proxy/pool-client/slots.ts';
import { bucketOf, noLatencies, quantile } from '../../../../worker/stats/latency.ts';

const lease = (first: number, slots: number[], epoch = 1): LeaseReply => ({
  revision: 1,
  routesRevision: 1,
  ejected: [],
  ramping: [],
  epoch,
  first,
  slots,
  reason: 'policy',
  ttlMs: 1_000,
});
const all = (): Fate => 'use';
const id = (index: number) => 'abc'[index]!;

test('slots are used in the sequence’s order, though the replies overtook each other', () => {
  const slots = new Slots();
  slots.add(lease(2, [2, 2]), 0, id);
  slots.add(lease(0, [0, 1]), 0, id);
  expect([1, 2, 3, 4].map(() => slots.take(10, all, id)?.index)).toEqual([0, 1, 2, 2]);
  expect(slots.take(10, all, id)).toBeNull();
});

test('expired slots go back, counted by backend under their epoch', () => {
  const slots = new Slots();
  slots.add(lease(0, [0, 0, 1, 2], 7), 0, id);
  expect(slots.take(10, all, id)?.index).toBe(0);
  expect(slots.take(1_000, all, id)).toBeNull();
  expect(slots.takeReturned()).toEqual([{ epoch: 7, counts: { a: 1, b: 1, c: 1 } }]);
  expect(slots.takeReturned()).toEqual([]);
});

test(`${SLOTS_HELD} slots are held; what is granted past them goes back, as many as came`, () => {
  const slots = new Slots();
  const granted = Array.from({ length: 1_024 }, (_, i) => i % 3);
  const leases = SLOTS_HELD / granted.length + 3;
  for (let i = 0; i < leases; i++) slots.add(lease(i * granted.length, granted), 0, id);
  expect(slots.left).toBe(SLOTS_HELD);
  const count = (index: number) => 3 * granted.filter((slot) => slot === index).length;
  const counts = { a: count(0), b: count(1), c: count(2) };
  expect(slots.takeReturned()).toEqual([{ epoch: 1, counts }]);
});

test('a slot goes back, or its turn passes, as its fate is, and the next one is used', () => {
  const slots = new Slots();
  slots.add(lease(0, [0, 1, 2]), 0, id);
  expect(slots.take(10, (index) => (['return', 'pass', 'use'] as const)[index]!, id)?.index).toBe(2);
  expect(slots.takeReturned()).toEqual([{ epoch: 1, counts: { a: 1 } }]);
});

test('grants in quick succession double what is asked for, an unused lease halves it', () => {
  const slots = new Slots();
  slots.add(lease(0, [0]), 10_000, id);
  slots.add(lease(1, [0]), 10_100, id);
  slots.add(lease(2, [0]), 10_200, id);
  expect(slots.want).toBe(4);
  slots.take(20_000, all, id);
  expect(slots.want).toBe(1);
});

test('each report counts once, in whatever order and however often it comes', () => {
  const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(sequences, fc.array(fc.nat(24), { maxLength: 20 }), (order, repeats) => {
      const reporters = new Reporters();
      const counted = [...order, ...repeats.map((n) => order[n % order.length]!)].filter((n) =>
        reporters.isNew('i', n),
      );
      expect(counted).toEqual(order);
    }),
  );
});

test('a report that fifty others have overtaken counts once', () => {
  const reporters = new Reporters();
  reporters.isNew('i', 1);
  for (let n = 3; n < 53; n++) reporters.isNew('i', n);
  expect([reporters.isNew('i', 2), reporters.isNew('i', 2)]).toEqual([true, false]);
});

test(`more than ${GAPS_KEPT} gaps are not kept: the oldest late reports count as seen`, () => {
  const reporters = new Reporters();
  for (let n = 1; n <= 2 * GAPS_KEPT + 3; n += 2) reporters.isNew('i', n);
  expect(reporters.isNew('i', 2)).toBe(false);
  expect(reporters.isNew('i', 2 * GAPS_KEPT + 2)).toBe(true);
});

const FAILED = { failed: true, sentAs: 'in', retryAfterMs: 0 } as const;

test('news from an object that has not heard of a backend’s failures does not make it trusted again', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
  const news = { revision: 1, routesRevision: 0, ejected: [], ramping: [] };
  for (let n = 0; n < 3; n++) view.recordAttempt(0, view.upstreams[0]!, FAILED, Date.now());
  view.unreported = 3;
  view.hear(news, Date.now());
  expect(view.verdict(0)).toBe('ejected');
  view.unreported = 0;
  view.hear(news, Date.now());
  expect(view.verdict(0)).toBe('available');
});

test('failures that went down with their request are not held against a backend for ever', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
  for (let n = 0; n < 3; n++) view.recordAttempt(0, view.upstreams[0]!, FAILED, Date.now());
  view.unreported = 3;
  view.hear({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now() + 60_000);
  expect(view.verdict(0)).toBe('available');
});

test('a backend may have the name of what every object has: its clients and its unused slots are counted', () => {
  const id = 'constructor';
  const view = new PoolView(poolSchema.parse({ id: 'p', backends: [{ id, url: 'http://a.test' }] }), 1);
  const request = new Request('http://shop.test/');
  const env = { AFFINITY_SECRET: 's' } as Parameters<typeof noteClient>[4];
  noteClient(view, id, 1, request, env);
  noteClient(view, id, 2, request, env);
  const told = takeClients(view);
  expect(Object.entries(told)).toEqual([[id, [expect.any(Number), expect.any(Number)]]]);
  noteClient(view, id, 3, request, env);
  putBackClients(view, told);
  expect(takeClients(view)[id]).toHaveLength(3);
  view.slots.add(lease(1, [0, 0]), Date.now(), () => id);
  view.slots.drop(() => id);
  expect(view.slots.takeReturned()).toEqual([{ epoch: 1, counts: { [id]: 2 } }]);
});

test('a copy to rehearse on holds failures against a backend for as long as the view does', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
  for (let n = 0; n < 3; n++) view.recordAttempt(0, view.upstreams[0]!, FAILED, Date.now());
  view.unreported = 3;
  const copy = view.copy();
  for (const each of [view, copy])
    each.hear({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  expect([view.verdict(0), copy.verdict(0)]).toEqual(['ejected', 'ejected']);
});

test('a late reply that the pool has been deleted says nothing of the one made anew meanwhile', () => {
  const config = poolSchema.parse({ id: 'p', backends: [{ id: 'a', url: 'http://a.test' }] });
  const deleted = { revision: 2, routesRevision: 2, ejected: [], ramping: [], pool: null };
  const view = new PoolView(config, 1);
  view.hear(deleted, Date.now());
  expect(view.gone).toBe(true);
  view.configure(config, 3);
  view.hear(deleted, Date.now());
  expect(view.gone).toBe(false);
});

test('what was counted is known after a restart', () => {
  const before = new Reporters();
  before.isNew('i', 1);
  before.isNew('i', 2);
  const after = new Reporters();
  after.load(before.dump());
  expect([after.isNew('i', 1), after.isNew('i', 2), after.isNew('i', 3)]).toEqual([false, false, true]);
});

test('the isolates remembered are bounded', () => {
  const reporters = new Reporters();
  for (let n = 0; n < 1_500; n++) reporters.isNew(`i${n}`, 1);
  expect(reporters.dump().length).toBe(1_000);
});

test('a quantile is at most a quarter above the truth and never below it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95),
      (values, q) => {
        const counts = noLatencies();
        for (const ms of values) counts[bucketOf(ms)]!++;
        const exact = values.toSorted((x, y) => x - y)[Math.ceil(q * values.length) - 1]!;
        const told = quantile(counts, q)!;
        expect(told).toBeGreaterThanOrEqual(Math.floor(exact));
        expect(told).toBeLessThanOrEqual(Math.ceil(exact * 1.25) + 1);
      },
    ),
  );
});

test('no requests, no quantile', () => {
  expect(quantile(noLatencies(), 0.5)).toBeNull();
});

const winner = (key: string, backends: readonly string[], weights: Record<string, number> = {}) =>
  backends.toSorted(
    (x, y) => score(hash32(key), hash32(y), weights[y] ?? 1) - score(hash32(key), hash32(x), weights[x] ?? 1),
  )[0]!;
const keys = Array.from({ length: 2_000 }, (_, n) => `198.51.${n >> 8}.${n & 255}`);

test('when a backend leaves, only its keys move', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 2, maxLength: 6 }),
      (backends) => {
        const [leaver, ...rest] = backends;
        for (const key of keys.slice(0, 200)) {
          const before = winner(key, backends);
          if (before !== leaver) expect(winner(key, rest)).toBe(before);
        }
      },
    ),
  );
});

test('keys spread within a tenth of the weights', () => {
  const weights = { a: 3, b: 1, c: 1 };
  const counts = { a: 0, b: 0, c: 0 };
  for (const key of keys) counts[winner(key, ['a', 'b', 'c'], weights) as 'a']++;
  expect(Math.abs(counts.a / keys.length - 0.6)).toBeLessThan(0.06);
  expect(Math.abs(counts.b / keys.length - 0.2)).toBeLessThan(0.04);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0db8:0000:0002::1', '2001:db8:0:2'],
  ['::1', '0:0:0:0'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('the key of %s is %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
