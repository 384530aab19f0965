/** The short chaos run of `npm test`: one storm that loses no memory, one that does; CHAOS_SEED=N repeats another. */
import { expect, test } from 'vitest';
import { tableOf } from './report.ts';
import { FAULTS } from './schedule.ts';
import { storm } from './storm.ts';

const SEED = Number(process.env.CHAOS_SEED ?? 20_261_124);

test('through every fault, change and kill, each request ends as it should and each count is true', async () => {
  const { rows, requests, broken, residentMb, storageMb } = await storm({
    seed: SEED,
    cycles: 2,
    stormMs: 11_000,
    clients: 12,
  });
  console.log(`chaos with seed ${SEED}: ${requests} requests\n${tableOf(rows)}`);
  expect(broken).toEqual([]);
  // It was a storm: every fault was there, and most of them were met.
  const faults = rows.filter(({ what }) => FAULTS.some((fault) => fault === what));
  expect(faults.map(({ what }) => what)).toEqual([...FAULTS]);
  expect(faults.filter((row) => row.requests > 0).length).toBeGreaterThan(FAULTS.length / 2);
  expect(rows.find(({ what }) => what === 'runtime: SIGKILL')?.times).toBe(1);
  expect(requests).toBeGreaterThan(500);
  expect(Math.max(...residentMb)).toBeLessThan(1_024);
  expect(storageMb).toBeLessThan(20);
}, 120_000);
