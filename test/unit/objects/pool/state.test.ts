/** What a pool's object holds, as properties: who may be leased, and that its counters are what was recorded. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFailure } from '../../../../worker/balance/ejection.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import { PoolState } from '../../../../worker/objects/pool/state.ts';
import { type AttemptRecord, CODE, FLAG } from '../../../../worker/protocol/runs.ts';
import { newTotals } from '../../../../worker/stats/totals.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const NOW = 1_000_000_000;
const DRAIN_TIMES = { windowMs: 60_000, webSocketLifeMs: 60_000 };

const someBackends = fc.array(
  fc.record({
    weight: fc.nat(4),
    state: fc.constantFrom('active', 'active', 'draining', 'disabled'),
    tier: fc.nat(1),
    isEjected: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

test('no backend of weight 0, draining, disabled or ejected is leased, except the ejected when no other is left', () => {
  fc.assert(
    fc.property(someBackends, fc.constantFrom('fail-open', 'reject'), (rows, whenUnavailable) => {
      const backends = rows.map(({ weight, state, tier }, i) => ({
        id: IDS[i],
        url: 'http://b.test',
        weight,
        state,
        tier,
      }));
      const config = poolSchema.parse({ id: 'p', whenUnavailable, backends });
      const state = new PoolState(config, null, (weights) => weights.map(() => 0), DRAIN_TIMES);
      rows.forEach(({ isEjected }, i) => {
        if (isEjected) state.tallies[i]!.health.ejectedUntil = NOW + 60_000;
      });
      const { slots, reason } = state.lease(40, NOW);
      const mayTake = rows.map(({ weight, state: intent }) => weight > 0 && intent === 'active');
      const calm = rows.map(({ isEjected }, i) => mayTake[i] && !isEjected);
      const allowed = calm.some(Boolean) ? calm : whenUnavailable === 'fail-open' ? mayTake : [];
      const tier = Math.min(...rows.filter((_, i) => allowed[i]).map((row) => row.tier));
      const expected = rows.map((_, i) => i).filter((i) => allowed[i] && rows[i]!.tier === tier);
      expect([...new Set(slots)].toSorted()).toEqual(expected);
      if (expected.length > 0) expect(reason === 'fail-open').toBe(!calm.some(Boolean));
    }),
  );
});

const attempts = fc.array(
  fc.record({
    backend: fc.nat(2),
    code: fc.constantFrom(...Object.values(CODE), 200, 204, 302, 404, 500, 502, 503, 521, 530),
    isFirst: fc.boolean(),
    isUpgrade: fc.boolean(),
    pauseMs: fc.nat(5_000),
  }),
  { maxLength: 200 },
);

test('counters are the outcomes recorded, one for one, by kind and class', () => {
  const config = poolSchema.parse({
    id: 'p',
    backends: IDS.slice(0, 3).map((id) => ({ id, url: 'http://b.test' })),
  });
  const kinds = new Map(Object.entries(CODE).map(([kind, code]) => [code, kind as keyof typeof CODE]));
  fc.assert(
    fc.property(attempts, (script) => {
      const state = new PoolState(config, null, (weights) => weights.map(() => 0), DRAIN_TIMES);
      let now = NOW;
      for (const { backend, code, isFirst, isUpgrade, pauseMs } of script) {
        now += pauseMs;
        const flags = (isFirst ? FLAG.first : 0) | (isUpgrade ? FLAG.upgrade : 0);
        state.record([IDS[backend]!, code, 7, flags] satisfies AttemptRecord, now);
      }
      const failed = ({ code, isUpgrade }: (typeof script)[number]) => {
        const kind = kinds.get(code as never);
        const outcome = kind ? { kind, ms: 7 } : { kind: 'response' as const, status: code, ms: 7 };
        return isFailure(outcome, config.ejection.failureStatuses, isUpgrade);
      };
      const totals = new Map(state.counts.totals.dump());
      for (const [i, row] of state.status(now).entries()) {
        const own = script.filter(({ backend }) => backend === i);
        expect(row.requests).toBe(own.length);
        expect(row.failures).toBe(own.filter(failed).length);
        const total = totals.get(row.id) ?? newTotals();
        expect(total.requests).toBe(own.length);
        expect(total.retries).toBe(own.filter(({ isFirst }) => !isFirst).length);
        expect(Object.values(total.failures).reduce((a, b) => a + b)).toBe(own.filter(failed).length);
        const answered = own.filter(({ code }) => code > 0);
        expect(total.responses.reduce((a, b) => a + b)).toBe(answered.length);
        expect(total.latency.reduce((a, b) => a + b)).toBe(answered.length);
      }
    }),
  );
});

test('when a pool of one backend grows, 50,000 clients in all are kept', () => {
  const configOf = (count: number) =>
    poolSchema.parse({
      id: 'p',
      backends: Array.from({ length: count }, (_, i) => ({ id: `b${i}`, url: 'http://b.test' })),
    });
  const state = new PoolState(configOf(1), null, (weights) => weights.map(() => 0), DRAIN_TIMES);
  const kept = () => state.status(NOW).reduce((sum, { affinityClients = 0 }) => sum + affinityClients, 0);
  let next = 0;
  const come = (backend: string, count: number) =>
    state.addClients({ [backend]: Array.from({ length: count }, () => next++) }, NOW);
  come('b0', 60_000);
  expect(kept()).toBe(50_000);
  for (let count = 2; count <= 10; count++) {
    state.configure(configOf(count), NOW);
    come(`b${count - 1}`, 60_000);
  }
  expect(kept()).toBe(50_000);
});

test('turns charged after a change of the list count under the new weights', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: 'http://b.test' }));
  const config = poolSchema.parse({ id: 'p', backends });
  const state = new PoolState(config, null, (weights) => weights.map(() => 0), DRAIN_TIMES);
  state.charge({ a: 1, gone: 3 }, NOW);
  expect(state.sequence.position).toEqual([-1, 1]);
  state.configure(poolSchema.parse({ id: 'p', backends: [{ ...backends[0], weight: 3 }, backends[1]] }), NOW);
  state.sequence.position = [0, 0];
  state.charge({ b: 1 }, NOW);
  expect(state.sequence.position).toEqual([3, -3]);
});

test.each<[string, object, object]>([
  ['a weight above 0 again', { weight: 0 }, { weight: 1 }],
  ['the state active again', { state: 'disabled' }, {}],
])('slow start begins with %s', (_, before, after) => {
  const configOf = (more: object) =>
    poolSchema.parse({
      id: 'p',
      slowStartMs: 16_000,
      backends: [
        { id: 'a', url: 'http://a.test' },
        { id: 'b', url: 'http://b.test', ...more },
      ],
    });
  const state = new PoolState(configOf(before), null, (weights) => weights.map(() => 0), DRAIN_TIMES);
  state.configure(configOf(after), NOW);
  const weightAt = (now: number) => state.status(now)[1]!.weightInForce;
  expect([weightAt(NOW), weightAt(NOW + 8_000), weightAt(NOW + 16_000)]).toEqual([1 / 8, 1 / 2, 1]);
});

describe('a Pool object’s state and health checks', () => {
  const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));
  const stateOf = (more: object = {}) =>
    new PoolState(
      poolSchema.parse({ id: 'p', backends, healthCheck: {}, ...more }),
      null,
      (weights) => weights.map(() => 0),
      DRAIN_TIMES,
    );
  const check = (at: number, status: number) =>
    ({ at, ms: 1, status, result: status < 400 ? 'ok' : 'failure-status', ok: status < 400 }) as const;
  const kinds = (found: { kind: string; backend: string | null }[]) =>
    found.map(({ kind, backend }) => `${kind} ${backend}`);
  const used = (state: PoolState) => [...new Set(state.lease(4, NOW).slots)].toSorted();

  test('an unhealthy backend gets no slots, and the pool is out with the last one', () => {
    const state = stateOf();
    expect(kinds(state.applyCheck(0, 'unhealthy', check(NOW, 503)))).toEqual(['unhealthy a']);
    expect(used(state)).toEqual([1]);
    expect(kinds(state.applyCheck(1, 'unhealthy', check(NOW, 503)))).toEqual(['unhealthy b', 'pool-out b']);
    expect(used(state)).toEqual([0, 1]);
    expect(kinds(state.applyCheck(1, 'recovered', check(NOW, 200)))).toEqual(['healthy b', 'pool-back b']);
    expect(used(state)).toEqual([1]);
  });

  test('the verdict outlives an ejection and its end, and a stored state', () => {
    const state = stateOf({ ejection: { failures: 1 } });
    state.applyCheck(0, 'unhealthy', check(NOW, 503));
    state.record(['a', 503, 1, FLAG.out], NOW);
    state.endEjection('a', NOW);
    expect(used(state)).toEqual([1]);
    expect(state.tallies[0]!.health.unhealthy).toBe(true);
  });

  test('a good check ends an ejection that began before it', () => {
    const state = stateOf({ ejection: { failures: 1 } });
    state.record(['a', 503, 1, 0], NOW);
    expect(state.applyCheck(0, 'none', check(NOW - 10, 200))).toEqual([]);
    expect(kinds(state.applyCheck(0, 'none', check(NOW, 200)))).toEqual(['returned a']);
    expect(used(state)).toEqual([0, 1]);
  });

  test('without health checks in its configuration no backend stays unhealthy', () => {
    const state = stateOf({ whenUnavailable: 'reject' });
    state.applyCheck(0, 'unhealthy', check(NOW, 503));
    state.applyCheck(1, 'unhealthy', check(NOW, 503));
    const found = state.configure(poolSchema.parse({ id: 'p', backends, whenUnavailable: 'reject' }), NOW);
    expect(kinds(found)).toEqual(['pool-back null']);
    expect(used(state)).toEqual([0, 1]);
  });

  test('times are shared in a pool whose policy measures them, and a fast failure counts as slow', () => {
    const state = stateOf({ policy: 'least-time' });
    state.record(['a', 200, 90, 0], NOW);
    state.record(['b', CODE['connect-failure'], 2, 0], NOW);
    expect(state.responseTimes(NOW)).toEqual([
      ['a', 90],
      ['b', 90],
    ]);
    expect(stateOf().responseTimes(NOW)).toBeUndefined();
  });
});
