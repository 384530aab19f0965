/** The changes operators make, and what undoes them. */
import { expect, test } from 'vitest';
import { changeBackends, putBackend, removeBackends } from '../../../../dashboard/changes/change.ts';
import { parse } from '../../../../worker/config/check.ts';
import { configSchema } from '../../../../worker/config/schema.ts';

const document = () => {
  const parsed = parse(configSchema, {
    pools: [{ id: 'p', backends: ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}.test` })) }],
  });
  if (!parsed.ok) throw new Error('wrong');
  return parsed.value;
};
const list = (config: ReturnType<typeof document>) =>
  config.pools[0]!.backends.map(({ id, weight, state }) => `${id}:${weight}:${state}`).join(' ');

test('undo keeps later changes by others', () => {
  const before = document();
  const drained = changeBackends('p', ['a'], { state: 'draining' }, 'Drained a');
  const meanwhile = changeBackends('p', ['b'], { weight: 7 }, 'b heavier').apply(drained.apply(before));
  expect(list(meanwhile)).toBe('a:1:draining b:7:active c:1:active');
  expect(list(drained.undo(before)!.apply(meanwhile))).toBe('a:1:active b:7:active c:1:active');
});

test('undo restores a removed backend to its position, and removes an added one', () => {
  const before = document();
  const removed = removeBackends('p', ['a', 'b'], 'Removed a and b');
  expect(list(removed.apply(before))).toBe('c:1:active');
  expect(list(removed.undo(before)!.apply(removed.apply(before)))).toBe(list(before));
  const added = putBackend('p', { ...before.pools[0]!.backends[0]!, id: 'd' }, 'Added d');
  expect(list(added.apply(before))).toContain('d:1:active');
  expect(list(added.undo(before)!.apply(added.apply(before)))).toBe(list(before));
});
