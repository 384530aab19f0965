/** What the history keeps, on SQLite itself. */
import { describe, expect, test } from 'vitest';
import {
  ALERT_EVENTS_KEPT,
  EVENTS_KEPT,
  HistoryStore,
} from '../../../../worker/objects/directory/history-store.ts';
import type { NewEvent } from '../../../../worker/protocol/events.ts';
import { openSql } from '../../../support/sqlite.ts';

const revision = (n: number): NewEvent => ({
  kind: 'config',
  at: n,
  revision: n,
  who: 'token',
  what: 'changed',
  path: '',
  from: null,
  to: null,
});
const trial = (n: number): NewEvent => ({
  kind: 'alert-failed',
  at: n,
  alert: 'ops',
  message: `ops-${n}`,
  key: 'pool-down/shop',
  event: 'pool-down',
  state: 'firing',
  pool: 'shop',
  backend: null,
  try: 1,
  status: 500,
  ms: 1,
  why: 'status 500',
  nextAt: null,
});

const open = () => {
  const { sql, count } = openSql();
  return { store: new HistoryStore(sql), count };
};

test('an event that is reported twice is kept once', () => {
  const { store } = open();
  expect(store.add([revision(1)])).toHaveLength(1);
  expect(store.add([revision(1), revision(2)])).toHaveLength(1);
  expect(store.newest(10).map(({ at }) => at)).toEqual([2, 1]);
});

describe('limits', () => {
  test('of more events than are kept, the newest', () => {
    const { store, count } = open();
    store.add(Array.from({ length: EVENTS_KEPT + 5 }, (_, i) => revision(i + 1)));
    expect(count('events')).toBe(EVENTS_KEPT);
    expect(store.newest(1)[0]).toMatchObject({ revision: EVENTS_KEPT + 5 });
  });

  test('tries of alerts displace only each other', () => {
    const { store, count } = open();
    store.add([revision(1)]);
    for (let i = 0; i < ALERT_EVENTS_KEPT + 50; i++) store.add([trial(i)]);
    expect(count('events')).toBe(ALERT_EVENTS_KEPT + 1);
    expect(store.newest(EVENTS_KEPT).at(-1)).toMatchObject({ kind: 'config', revision: 1 });
  });
});
