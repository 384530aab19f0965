/** Incidents: one row for an outage, whatever shards report and how often. */
import { expect, test } from 'vitest';
import { INCIDENTS_KEPT, IncidentStore } from '../../../../worker/objects/directory/incident-store.ts';
import type { IncidentPart } from '../../../../worker/protocol/messages.ts';
import { PARTS_KEPT } from '../../../../worker/stats/incident.ts';
import { openSql } from '../../../support/sqlite.ts';

const part = (more: Partial<IncidentPart> = {}): IncidentPart => ({
  pool: 'shop',
  shard: '0',
  state: 'degraded',
  cause: 'a is ejected',
  from: 1_000,
  to: null,
  backends: ['a'],
  requestsFailed: 1,
  savedByRetry: 2,
  ...more,
});

function open() {
  const { sql, count } = openSql();
  return { store: new IncidentStore(sql), count };
}

test('newer words on a part take the place of older ones', () => {
  const { store } = open();
  store.add([part()]);
  store.add([part({ state: 'down', cause: 'all', requestsFailed: 9, backends: ['a', 'b'] })]);
  store.add([part({ state: 'down', cause: 'all', requestsFailed: 11, backends: ['a', 'b'], to: 5_000 })]);
  expect(store.newest(null, 10)).toEqual([
    {
      ...{ id: 1, pool: 'shop', state: 'down', cause: 'all', from: 1_000, to: 5_000 },
      ...{ backends: ['a', 'b'], requestsFailed: 11, savedByRetry: 2 },
    },
  ]);
});

test('what several shards see at once is one incident, which is over when all are fine', () => {
  const { store } = open();
  store.add([part({ to: 20_000 })]);
  store.add([part({ shard: '1', from: 1_500, state: 'failing', cause: 'much', backends: ['b'] })]);
  const [open1] = store.newest('shop', 10);
  expect(open1).toMatchObject({
    from: 1_000,
    to: null,
    state: 'failing',
    cause: 'much',
    backends: ['a', 'b'],
  });
  store.add([part({ shard: '1', from: 1_500, to: 30_000, requestsFailed: 4 })]);
  expect(store.newest('shop', 10)).toMatchObject([{ to: 30_000, requestsFailed: 5, savedByRetry: 4 }]);
});

test('an outage more than a minute later, and that of another pool, are incidents of their own', () => {
  const { store } = open();
  store.add([part({ to: 5_000 }), part({ pool: 'api' }), part({ from: 5_000 + 60_000 })]);
  expect(store.newest(null, 10).map(({ id, pool, from }) => [id, pool, from])).toEqual([
    [3, 'shop', 65_000],
    [2, 'api', 1_000],
    [1, 'shop', 1_000],
  ]);
  expect(store.newest('api', 10)).toHaveLength(1);
  expect(store.newest(null, 2)).toHaveLength(2);
});

test(`${INCIDENTS_KEPT} incidents are kept, the newest, and ${PARTS_KEPT} parts of one, with the sums of all`, () => {
  const { store, count } = open();
  for (let i = 0; i < INCIDENTS_KEPT + 20; i++) store.add([part({ from: i * 100_000, to: i * 100_000 + 1 })]);
  expect(count('incidents')).toBe(INCIDENTS_KEPT);
  expect(store.newest(null, 1)[0]!.from).toBe((INCIDENTS_KEPT + 19) * 100_000);
  const many = open();
  for (let i = 0; i < PARTS_KEPT + 50; i++) many.store.add([part({ from: 1_000 + i, to: 2_000 + i })]);
  expect(many.store.newest(null, 1)).toMatchObject([
    { requestsFailed: PARTS_KEPT + 50, to: 2_000 + PARTS_KEPT + 49 },
  ]);
});
