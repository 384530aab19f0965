/** The recent mappings of a shard. */
import { expect, test } from 'vitest';
import { RecentMappings } from '../../../../worker/objects/pool/recent-mappings.ts';
import { RING_SIZE } from '../../../../worker/objects/pool/store.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test(`of a shard ${RING_SIZE} mappings are kept and a batch more, the newest; as many wait to be written`, () => {
  const mappings = new RecentMappings(() => []);
  const add = (first: number, count: number) =>
    mappings.add({ count, json: JSON.stringify(times(count, (i) => ({ at: first + i }))) });
  for (let i = 0; i < 40; i++) add(i * 300, 300);
  const unsaved = mappings.takeUnsaved().reduce((sum, { count }) => sum + count, 0);
  expect(unsaved).toBeGreaterThanOrEqual(RING_SIZE);
  expect(unsaved).toBeLessThan(RING_SIZE + 300);
  expect(mappings.newest().map(({ at }) => at)).toEqual(times(RING_SIZE, (i) => 40 * 300 - 1 - i));
  add(40 * 300, 1);
  expect(mappings.newest()[0]!.at).toBe(40 * 300);
  expect(mappings.takeUnsaved()).toHaveLength(1);
});
