/** The recent mappings of a shard. */
import { expect, test } from 'vitest';
import { RecentMappings } from '../../../../../worker/objects/pool/memory/recent-mappings.ts';
import { RINGS, type Ring } from '../../../../../worker/objects/pool/store.ts';
import type { MappingBatch } from '../../../../../worker/protocol/messages.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The batches that `saveMappings` was given. */
const written: MappingBatch[] = [];
const store = {
  batches: () => [],
  saveMappings: (_: Ring, batches: readonly MappingBatch[]) => void written.push(...batches),
};
const takeWritten = (mappings: RecentMappings) => {
  mappings.save();
  return written.splice(0);
};

test.each(Object.entries(RINGS) as [Ring, number][])(
  'of the ring %s, %i and a batch more are kept, the newest; as many wait to be written',
  (ring, size) => {
    const mappings = new RecentMappings(ring, store);
    const add = (first: number, count: number) =>
      mappings.add({ count, json: JSON.stringify(times(count, (i) => ({ at: first + i }))) });
    for (let i = 0; i < 40; i++) add(i * 300, 300);
    const unsaved = takeWritten(mappings).reduce((sum, { count }) => sum + count, 0);
    expect(unsaved).toBeGreaterThanOrEqual(size);
    expect(unsaved).toBeLessThan(size + 300);
    expect(mappings.newest().map(({ at }) => at)).toEqual(times(size, (i) => 40 * 300 - 1 - i));
    add(40 * 300, 1);
    expect(mappings.newest()[0]!.at).toBe(40 * 300);
    expect(takeWritten(mappings)).toHaveLength(1);
  },
);

test('the ring says of how many successes one is in it, until the mappings of that time are gone', () => {
  const mappings = new RecentMappings('mappings', store);
  const add = (count: number, sampled: number) =>
    mappings.add({ count, json: JSON.stringify(times(count, () => ({ at: 0 }))), sampled });
  expect(mappings.sampled).toBe(1);
  add(10, 1);
  add(10, 7);
  add(10, 3);
  expect(mappings.sampled).toBe(7);
  for (let i = 0; i < RINGS.mappings / 10 + 1; i++) add(10, 1);
  expect(mappings.sampled).toBe(1);
});
