/** What an isolate knows of a pool: its configuration, what its object reported, and what the isolate saw itself. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import { AffinityClients } from '../../../../worker/proxy/pool-client/affinity-clients.ts';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import { lease } from '../../../support/samples.ts';

const FAILED = { failed: true, sentAs: 'in', beganAt: 0, retryAfterMs: 0 } as const;

test('an update from an object without a backend’s failures does not make the backend available again', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
  const news = { revision: 1, routesRevision: 0, ejected: [], ramping: [] };
  for (let n = 0; n < 3; n++) view.judge(0, view.upstreams[0]!, FAILED, Date.now());
  view.unreported = 3;
  view.applyUpdate(news, Date.now());
  expect(view.verdict(0)).toBe('ejected');
  view.unreported = 0;
  view.applyUpdate(news, Date.now());
  expect(view.verdict(0)).toBe('available');
});

test('failures whose request was lost are not held against a backend without end', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
  for (let n = 0; n < 3; n++) view.judge(0, view.upstreams[0]!, FAILED, Date.now());
  view.unreported = 3;
  view.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now() + 60_000);
  expect(view.verdict(0)).toBe('available');
});

test('a backend may have the name of a property of every object: its clients and its unused slots are counted', () => {
  const id = 'constructor';
  const view = new PoolView(poolSchema.parse({ id: 'p', backends: [{ id, url: 'http://a.test' }] }), 1);
  const clients = new AffinityClients();
  const note = (issuedAt: number) =>
    clients.add({ backend: id, issuedAt, headers: new Headers() }, { AFFINITY_SECRET: 's' } as Env);
  note(1);
  note(2);
  const reported = clients.take();
  expect(Object.entries(reported)).toEqual([[id, [expect.any(Number), expect.any(Number)]]]);
  note(3);
  clients.requeue(reported);
  expect(clients.take()[id]).toHaveLength(3);
  view.slots.add(lease(1, [0, 0]), Date.now());
  view.slots.drop();
  expect(view.slots.takePending().returned).toEqual([{ epoch: 1, counts: { [id]: 2 } }]);
});

test('selections from a copy move nothing, and the copy goes on from where the view stands', () => {
  const backends = ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
  for (let n = 0; n < 3; n++) view.judge(2, view.upstreams[2]!, FAILED, Date.now());
  const reply = { ...lease(0, [0, 1]), position: [0, 0, 0], weights: [1, 1, 0], revision: 1 };
  view.unreported = 3;
  view.applyReply(reply, Date.now());
  view.slots.charge(0);
  const pick = (from: PoolView) => Array.from({ length: 5 }, () => from.takeSlot(Date.now())?.index);
  const copy = view.peek();
  copy.slots.charge(1);
  copy.healths[2]!.probingUntil = 1;
  copy.localPosition[0] = 9;
  const peeks = [pick(view.peek()), pick(view.peek())];
  // Two slots in hand, then turns of its own: a has been charged with one.
  expect(peeks).toEqual([
    [0, 1, 1, 0, 1],
    [0, 1, 1, 0, 1],
  ]);
  expect([view.slots.left, view.healths[2]!.probingUntil, view.localPosition[0]]).toEqual([2, 0, 0]);
  expect(pick(view)).toEqual(peeks[0]);
  expect(view.peek().verdict(2)).toBe('ejected');
});

test('a late reply that the pool has been deleted does not count for the one created since', () => {
  const config = poolSchema.parse({ id: 'p', backends: [{ id: 'a', url: 'http://a.test' }] });
  const deleted = { revision: 2, routesRevision: 2, ejected: [], ramping: [], pool: null };
  const view = new PoolView(config, 1);
  view.applyUpdate(deleted, Date.now());
  expect(view.gone).toBe(true);
  view.configure(config, 3);
  view.applyUpdate(deleted, Date.now());
  expect(view.gone).toBe(false);
});

describe('limits', () => {
  const viewOf = (ids: readonly string[], more: object = {}) => new PoolView(poolOf(ids, more), 1);
  const poolOf = (ids: readonly string[], more: object = {}) =>
    poolSchema.parse({ id: 'p', backends: ids.map((id) => ({ id, url: 'http://a.test' })), ...more });

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
});

describe('what the object says of health checks and times', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const news = { revision: 1, routesRevision: 0, ejected: [], ramping: [] };

  test('a backend is out while it is unhealthy, whatever the isolate has seen itself, and in again without its missed turns', () => {
    const view = new PoolView(poolSchema.parse({ id: 'p', backends, healthCheck: {} }), 1);
    view.unreported = 1;
    view.applyUpdate({ ...news, unhealthy: ['a'] }, Date.now());
    expect([view.verdict(0), view.verdict(1)]).toEqual(['unhealthy', 'available']);
    view.localPosition = [-5, 5];
    view.applyUpdate(news, Date.now());
    expect(view.verdict(0)).toBe('available');
    expect(view.localPosition[0]).toBeGreaterThan(-5);
  });

  test('an ejection of an unhealthy backend is no reason for a probe', () => {
    const view = new PoolView(poolSchema.parse({ id: 'p', backends, healthCheck: {} }), 1);
    view.applyUpdate({ ...news, ejected: [['a', 1]], unhealthy: ['a'] }, Date.now());
    view.breaker.onFailure(Date.now());
    expect(view.takeDueProbe(Date.now())).toBe(-1);
    view.healths[0]!.unhealthy = false;
    expect(view.takeDueProbe(Date.now())).toBe(0);
  });

  test('without health checks in its configuration no backend stays unhealthy', () => {
    const view = new PoolView(poolSchema.parse({ id: 'p', backends, healthCheck: {} }), 1);
    view.applyUpdate({ ...news, unhealthy: ['a'] }, Date.now());
    view.configure(poolSchema.parse({ id: 'p', backends }), 2);
    expect(view.verdict(0)).toBe('available');
  });

  test('times are the higher of the object’s and the isolate’s, and at least what the oldest request has waited', () => {
    const now = Date.now();
    const view = new PoolView(poolSchema.parse({ id: 'p', backends, policy: 'least-time' }), 1);
    view.recordTime(view.upstreams[0]!, { kind: 'response', status: 200, ms: 80 }, false, now);
    const times = [
      ['a', 50],
      ['b', 60],
    ] as const;
    view.applyUpdate({ ...news, times }, now);
    expect([view.responseTime(0, now), view.responseTime(1, now)]).toEqual([80, 60]);
    view.recordTime(view.upstreams[1]!, { kind: 'connect-failure', ms: 2 }, true, now);
    expect(view.responseTime(1, now)).toBe(80);
    view.waits[0]!.waiting.add({ startedAt: now - 9_000, endsAt: now - 1 });
    view.waits[0]!.waiting.add({ startedAt: now - 400, endsAt: now + 1_000 });
    expect(view.responseTime(0, now)).toBe(400);
  });

  test('a policy that does not measure times keeps none', () => {
    const view = new PoolView(poolSchema.parse({ id: 'p', backends }), 1);
    view.applyUpdate({ ...news, times: [['a', 50]] }, Date.now());
    expect(view.times[0]!.ms).toBe(0);
  });
});
