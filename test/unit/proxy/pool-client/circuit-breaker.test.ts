/** An object that does not answer: how long isolates go on without it, and how often they try it. */
import { expect, test } from 'vitest';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import { poolOf } from '../../../support/sim/lease-sim.ts';

test('an object that stays away is waited for less and less often, and probed at most four times a second', () => {
  const view = new PoolView(poolOf([{ id: 'a', weight: 1, state: 'active' }]), 1);
  const awayMs = (now: number) => {
    let ms = 0;
    while (view.breaker.isOpen(now + ms)) ms += 100;
    return ms;
  };
  const lengths: number[] = [];
  for (let now = 1_000; lengths.length < 5; now += 100_000) {
    view.breaker.onFailure(now);
    view.breaker.onFailure(now);
    lengths.push(awayMs(now));
  }
  expect(lengths).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  const knocks = Array.from({ length: 1_000 }, (_, ms) => view.breaker.allowProbe(1_000_000 + ms)).filter(
    Boolean,
  );
  expect(knocks.length).toBe(4);
  view.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, 2_000_000);
  view.breaker.onFailure(2_000_000);
  expect(awayMs(2_000_000)).toBe(1_000);
});
