/** The past in steps: how long they are, what is summed, and what is null. */
import { describe, expect, test } from 'vitest';
import {
  columnsOf,
  figuresOf,
  LEVELS,
  noFigures,
  rangeOf,
  readStep,
  rollUp,
  SCOPES_KEPT,
  STEPS_SHOWN,
  type Step,
  selectSeries,
  storeStep,
} from '../../../worker/stats/rollup.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const NOW = 20_000 * DAY;

const step = (at: number, attempts: Record<string, number>): Step => {
  const made: Step = { at, figures: new Map() };
  for (const [id, count] of Object.entries(attempts)) {
    for (const scope of ['pool', `backend ${id}`] as const) {
      const figures = figuresOf(made, scope)!;
      figures.attempts += count;
      figures.latency[10] = (figures.latency[10] ?? 0) + count;
    }
  }
  return made;
};

test.each<[name: string, ageMs: number, lengthMs: number, step: number | null, expected: number]>([
  ['ten minutes', 10 * MINUTE, 10 * MINUTE, null, 5_000],
  ['ten minutes in longer steps', 10 * MINUTE, 10 * MINUTE, 15_000, 15_000],
  ['ten minutes in steps that are no multiple', 10 * MINUTE, 10 * MINUTE, 7_000, 10_000],
  ['an hour', HOUR, HOUR, null, MINUTE],
  ['an hour in shorter steps than are remembered', HOUR, HOUR, 5_000, MINUTE],
  ['a day', DAY, DAY, null, MINUTE],
  ['ten minutes of yesterday', 30 * HOUR, 10 * MINUTE, 5_000, HOUR],
  ['30 days', 30 * DAY, 30 * DAY, null, HOUR],
  ['a month and more', 40 * DAY, 31 * DAY, 90 * MINUTE, 2 * HOUR],
])('%s', (_, ageMs, lengthMs, asked, expected) => {
  const from = NOW - ageMs;
  const range = rangeOf(from, from + lengthMs, asked, NOW);
  expect(range.stepMs).toBe(expected);
  expect(range.from % expected).toBe(0);
  expect(range.from).toBeLessThanOrEqual(from);
});

test('steps are summed up to longer ones, and are the same after they were stored', () => {
  const steps = [step(0, { a: 1 }), step(5_000, { a: 2, b: 3 }), step(65_000, { b: 4 })];
  const stored = steps.map((one) => readStep(JSON.parse(JSON.stringify(storeStep(one)))));
  expect(stored).toEqual(steps);
  const minutes = rollUp(stored, MINUTE);
  expect(minutes.map(({ at, figures }) => [at, figures.get('pool')!.attempts])).toEqual([
    [0, 6],
    [60_000, 4],
  ]);
  expect(minutes[0]!.figures.get('backend b')).toMatchObject({ attempts: 3, latency: { 10: 3 } });
});

test('shards are summed; a step that none has is null, and so is a percentile without answers', () => {
  const range = { from: 0, to: 20_000, stepMs: 5_000 };
  const shards = [
    selectSeries([step(0, { a: 1 }), step(10_000, { b: 2 })], 'backends'),
    selectSeries([step(10_000, { a: 5 })], 'backends'),
  ];
  expect(columnsOf(shards, 'pool', range).attempts).toEqual([1, null, 7, null]);
  const backend = columnsOf(shards, 'backend b', range);
  expect(backend.attempts).toEqual([0, null, 2, null]);
  expect(backend.p95Ms).toEqual([null, null, 9, null]);
  expect(columnsOf(shards, 'pool', range).p95Ms).toEqual([null, null, null, null]);
});

test('each level is made of whole rows of the one below', () => {
  for (const [i, { stepMs, rowMs, rows }] of LEVELS.entries()) {
    expect(rowMs % stepMs).toBe(0);
    const above = LEVELS[i + 1];
    if (!above) continue;
    expect(above.stepMs).toBe(rowMs);
    expect(rows * rowMs).toBeGreaterThan(above.rowMs);
  }
});

describe('limits', () => {
  test(`a response has about ${STEPS_SHOWN} steps at most`, () => {
    const { stepMs } = rangeOf(NOW - DAY, NOW + 10 * DAY, null, NOW);
    expect((11 * DAY) / stepMs).toBeLessThanOrEqual(STEPS_SHOWN);
  });

  test(`a step tells ${SCOPES_KEPT} backends and routes apart`, () => {
    const full: Step = { at: 0, figures: new Map([['pool', noFigures()]]) };
    for (let i = 0; i < SCOPES_KEPT; i++) expect(figuresOf(full, `route r${i}`)).not.toBeNull();
    expect(figuresOf(full, 'route one-more')).toBeNull();
    expect(figuresOf(full, 'route r0')).not.toBeNull();
  });
});
