/** The totals of each backend, also of those that are gone. */
import { expect, test } from 'vitest';
import { IDS_KEPT, TotalsById } from '../../../worker/stats/totals.ts';

test(`totals are kept for ${IDS_KEPT} ids; those of the configuration are never forgotten`, () => {
  const totals = new TotalsById();
  const inUse = (id: string) => id === 'old';
  totals.of('old', inUse).requests = 7;
  for (let i = 0; i < IDS_KEPT + 10; i++) totals.of(`gone-${i}`, inUse).requests++;
  expect(totals.dump()).toHaveLength(IDS_KEPT);
  expect(totals.of('old', inUse).requests).toBe(7);
  expect(totals.dump().map(([id]) => id)).not.toContain('gone-0');
});
