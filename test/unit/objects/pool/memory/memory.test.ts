/** What a Pool object remembers: every request once, in every step length, over restarts, and within bounds. */
import { describe, expect, test } from 'vitest';
import { poolSchema } from '../../../../../worker/config/schema.ts';
import { Memory, type StoredMemory } from '../../../../../worker/objects/pool/memory/memory.ts';
import { RollupStore } from '../../../../../worker/objects/pool/memory/rollup-store.ts';
import { addFinished, noneReceived, type ReceivedCell } from '../../../../../worker/stats/received.ts';
import { columnsOf, LEVELS, rangeOf, type Scope } from '../../../../../worker/stats/rollup.ts';
import { openSql } from '../../../../support/sqlite.ts';

const NAME = { pool: 'shop', shard: '0' };
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
/** The begin of a day, so that the tests say when rows are made. */
const START = 20_000 * DAY;

const cell = (count: number, status = 200, backend: string | null = 'a', route = 'shop'): ReceivedCell => {
  const received = noneReceived();
  for (let i = 0; i < count; i++)
    addFinished(
      received,
      { backend, status, ms: 10, attempts: [], notRetried: null },
      { bytesIn: 0, bytesOut: 1 },
    );
  return [route, backend, received];
};

function open(now = START) {
  const { sql, count } = openSql();
  const rollups = new RollupStore(sql);
  let stored: StoredMemory | undefined;
  let memory = new Memory(NAME, rollups, undefined, now);
  return {
    get memory() {
      return memory;
    },
    rollups,
    rows: () => count('rollups'),
    save(at: number) {
      stored = JSON.parse(JSON.stringify(memory.save(at)));
    },
    /** As after an eviction: only what was saved is there. */
    restart(at: number) {
      memory = new Memory(NAME, rollups, stored, at);
    },
    column(
      name: 'requests' | '5xx' | 'attempts',
      from: number,
      to: number,
      step: number,
      scope: Scope = 'pool',
    ) {
      const range = rangeOf(from, to, step, to);
      return columnsOf([memory.series(scope, range)], scope, range)[name];
    },
  };
}

const sum = (column: readonly (number | null)[]): number => column.reduce<number>((a, n) => a + (n ?? 0), 0);

test('a step in which nothing was recorded is null; a backend without requests in one with some has 0', () => {
  const { memory, column } = open();
  memory.add([cell(3)], START + 1 * SECOND);
  memory.add([cell(2, 503, null)], START + 11 * SECOND);
  const to = START + 20 * SECOND;
  expect(column('requests', START, to, 5_000)).toEqual([3, null, 2, null]);
  expect(column('5xx', START, to, 5_000)).toEqual([0, null, 2, null]);
  expect(column('requests', START, to, 5_000, 'backend a')).toEqual([3, null, 0, null]);
  expect(column('requests', START, to, 5_000, 'route shop')).toEqual([3, null, 2, null]);
});

test('every request is in the steps of each length exactly once, whenever it is asked', () => {
  const object = open();
  let sent = 0;
  const until = START + 26 * HOUR;
  for (let at = START; at < until; at += 7 * MINUTE + 13 * SECOND) {
    object.memory.add([cell(1)], at);
    object.memory.steps.addAttempt('a', false, 10, at);
    object.save(at + SECOND);
    sent++;
    if (sent % 40 === 0) {
      expect(sum(object.column('requests', START, at + SECOND, HOUR))).toBe(sent);
      object.restart(at + 2 * SECOND);
    }
  }
  expect(sum(object.column('requests', START, until, HOUR))).toBe(sent);
  expect(sum(object.column('requests', START, until, 2 * HOUR))).toBe(sent);
  expect(sum(object.column('attempts', START, until, HOUR, 'backend a'))).toBe(sent);
  const lastDay = object.column('requests', until - DAY, until, MINUTE);
  expect(lastDay).toHaveLength(24 * 60);
  expect(sum(lastDay)).toBe(Math.floor(DAY / (7 * MINUTE + 13 * SECOND)) + 1);
  expect(sum(object.column('requests', until - 10 * MINUTE, until, 5_000))).toBeGreaterThan(0);
});

test('what was saved is there after a restart, also of the minute that is not over', () => {
  const object = open();
  object.memory.add([cell(5)], START + 61 * SECOND);
  object.save(START + 62 * SECOND);
  object.restart(START + 90 * SECOND);
  object.memory.add([cell(1)], START + 91 * SECOND);
  object.save(START + 10 * MINUTE);
  object.restart(START + 11 * MINUTE);
  expect(sum(object.column('requests', START, START + 5 * MINUTE, 5_000))).toBe(6);
  expect(object.memory.received.all.responses).toEqual([0, 6, 0, 0, 0]);
  expect(object.memory.received.routes.get('shop')?.responses[1]).toBe(6);
  expect(object.memory.received.backends.get('a')?.bytesOut).toBe(6);
});

test('a minute too long to be written each second is in rows of its own, and is there after a restart', () => {
  const object = open();
  for (let i = 0; i < 1_000; i++) object.memory.add([cell(1, 200, `backend-${i}`)], START + SECOND);
  object.save(START + 2 * SECOND);
  object.restart(START + 30 * SECOND);
  object.memory.add([cell(1)], START + 31 * SECOND);
  object.save(START + 2 * MINUTE);
  expect(sum(object.column('requests', START, START + 3 * MINUTE, 5_000))).toBe(1_001);
});

describe('health', () => {
  const pool = (backends = ['a', 'b']) => {
    const config = poolSchema.parse({
      id: 'shop',
      backends: backends.map((id) => ({ id, url: `https://${id}.example.net` })),
    });
    const indices = backends.map((_, i) => i);
    return {
      config,
      verdictOf: () => 'available' as const,
      findEligible: () => ({ mode: 'normal' as const, tier: 0, indices }),
    };
  };

  test('since and the incident survive a restart; its figures are those of all failed requests', () => {
    const object = open();
    const first = START + 5 * SECOND;
    object.memory.add([cell(10, 500)], first);
    object.memory.judge(pool(), true, first);
    expect(object.memory.health.state).toBe('down');
    object.memory.add([cell(20), cell(20, 500)], first + 11 * SECOND);
    object.memory.judge(pool(), true, first + 11 * SECOND);
    object.save(first + 12 * SECOND);
    object.restart(first + 15 * SECOND);
    object.memory.judge(pool(), true, first + 15 * SECOND);
    expect(object.memory.health.state).toBe('failing');
    expect(object.memory.health.since).toBe(first + 11 * SECOND);
    const fine = first + 11 * SECOND + 62 * SECOND;
    object.memory.judge(pool(), true, fine);
    expect(object.memory.health.state).toBe('ok');
    object.memory.judge(pool(), true, fine + 59 * SECOND);
    expect(object.memory.health.unsent.at(-1)?.to).toBeNull();
    object.memory.judge(pool(), true, fine + 60 * SECOND);
    expect(object.memory.health.unsent).toMatchObject([
      { pool: 'shop', shard: '0', state: 'down', from: first, to: fine, requestsFailed: 30 },
    ]);
    expect(object.memory.nextAt).not.toBeNull();
    object.memory.health.sent(object.memory.health.unsent);
    expect(object.memory.nextAt).toBeNull();
  });

  test('what failed before it was an incident is part of it', () => {
    const { memory } = open();
    memory.add([cell(100), cell(4, 500)], START + SECOND);
    memory.judge(pool(), true, START + SECOND);
    expect(memory.health.state).toBe('ok');
    memory.add([cell(3, 500), cell(1)], START + 30 * SECOND);
    memory.judge(pool(), true, START + 31 * SECOND);
    expect(memory.health.unsent).toMatchObject([
      { state: 'failing', requestsFailed: 7, from: START + 31 * SECOND },
    ]);
  });

  test('time alone is enough for a pool to be well again: an alarm is asked for', () => {
    const { memory } = open();
    memory.add([cell(10, 500)], START);
    memory.judge(pool(), true, START);
    const at = memory.nextAt!;
    expect(at).toBeGreaterThan(START);
    expect(at).toBeLessThanOrEqual(START + 2 * MINUTE);
    memory.health.sent(memory.health.unsent);
    memory.judge(pool(), true, at + MINUTE);
    expect(memory.health.state).toBe('ok');
    expect(memory.nextAt).toBe(at + 2 * MINUTE);
  });
});

describe('limits', () => {
  test('each level keeps its rows and no more', () => {
    const object = open();
    for (let day = 0; day < 40; day++)
      for (let hour = 0; hour < 24; hour += 8)
        for (let minute = 0; minute < 5; minute++) {
          const at = START + day * DAY + hour * HOUR + minute * MINUTE;
          object.rollups.save(at, [{ at, figures: new Map() }]);
        }
    expect(object.rows()).toBeLessThanOrEqual(LEVELS.reduce((all, { rows }) => all + rows, 0));
    const to = START + 40 * DAY;
    expect(object.rollups.steps(2, 0, to).length).toBeLessThanOrEqual(33 * 24);
    expect(object.rollups.steps(2, to - 30 * DAY, to)).toHaveLength(30 * 3);
  });
});
