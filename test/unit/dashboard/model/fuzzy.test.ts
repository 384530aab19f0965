/** Finding titles by a few of their letters. */
import { expect, test } from 'vitest';
import { bestFits, fitness } from '../../../../dashboard/model/fuzzy.ts';

test('a few letters find a title, and whole words rank before parts of words', () => {
  expect(fitness('drain', 'Go to History')).toBeNull();
  expect(fitness('drn shop', 'Drain b of shop')).not.toBeNull();
  expect(fitness('dr', 'Disable x of other')).toBeNull();
  expect(fitness('his', 'Go to History')).toBeGreaterThan(fitness('his', 'Requests of this')!);
  const titles = ['Disable b of shop', 'Drain bb of shop', 'Drain b of shop', 'Drain a of shop'];
  expect(bestFits('drain b shop', titles, (title) => title, { most: 2 })).toEqual([
    'Drain b of shop',
    'Drain bb of shop',
  ]);
  expect(bestFits(' ', titles, (title) => title, { most: 9 })).toEqual(titles);
});
