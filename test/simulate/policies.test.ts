/** The comparison of the policies: repeatable, and least-time holds what the documentation says of it. */
import { expect, test } from 'vitest';
import { COMPARED, play, SCENARIOS } from './policies.ts';

const scenario = (part: string) => SCENARIOS.find(({ name }) => name.includes(part))!;
const figures = (part: string, isolates: number) => {
  const [, leastRequest, leastTime] = COMPARED.map((policy) => play(scenario(part), policy, isolates, 3));
  return { leastRequest: leastRequest!, leastTime: leastTime! };
};

test('the same seed gives the same figures', () => {
  const once = play(scenario('10 times slower'), 'least-time', 5, 7);
  expect(play(scenario('10 times slower'), 'least-time', 5, 7)).toEqual(once);
});

test.each(['10 times slower', 'pauses', '70 % load', '90 % load'])(
  '%s: least-time has the lower p99',
  (part) => {
    const { leastRequest, leastTime } = figures(part, 20);
    expect(leastTime.p99).toBeLessThan(leastRequest.p99);
  },
);

test.each([1, 200])(
  'a backend that fails fast attracts less than its fair share, with %i isolates',
  (isolates) => {
    const { leastRequest, leastTime } = figures('fails', isolates);
    expect(leastTime.sharePercent).toBeLessThan(5);
    expect(leastRequest.sharePercent).toBeGreaterThan(9);
  },
);
