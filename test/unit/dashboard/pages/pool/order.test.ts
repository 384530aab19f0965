/** The order of the backends table, and its filters. */
import { expect, test } from 'vitest';
import { countGroups, ordered, readView } from '../../../../../dashboard/pages/pool/order.ts';
import { ejected, poolOf, status } from '../../samples.ts';

const pool = poolOf([
  { id: 'b10', weight: 3 },
  { id: 'b2', state: 'draining' },
  { id: 'b1', url: 'http://spare.test' },
  { id: 'b9', state: 'disabled' },
  { id: 'b3', weight: 2 },
]);
const statuses = [
  status('b10', { latencyMs: { p50: 1, p95: 5, p99: 9 } }),
  status('b2', { status: 'draining', latencyMs: { p50: 1, p95: 90, p99: 99 } }),
  status('b1', { latencyMs: { p50: 1, p95: 40, p99: 60 } }),
  status('b9', { status: 'disabled' }),
  ejected('b3'),
];
const all = pool.backends.map((backend, i) => ({ backend, status: statuses[i] }));
const ids = (search: Parameters<typeof readView>[0]) =>
  ordered(all, readView(search), (id) => (id === 'b9' ? null : id.length)).map(({ backend }) => backend.id);

test.each([
  [{}, ['b3', 'b2', 'b10', 'b1', 'b9']],
  [{ sort: 'name' }, ['b1', 'b2', 'b3', 'b9', 'b10']],
  [{ sort: '-name' }, ['b10', 'b9', 'b3', 'b2', 'b1']],
  [{ sort: '-weight' }, ['b10', 'b3', 'b2', 'b1', 'b9']],
  [{ sort: '-latency' }, ['b2', 'b1', 'b10', 'b9', 'b3']],
  [{ sort: 'latency' }, ['b10', 'b1', 'b2', 'b9', 'b3']],
  [{ sort: '-rate' }, ['b10', 'b2', 'b1', 'b3', 'b9']],
  [{ show: 'problems' }, ['b3']],
  [{ find: 'SPARE' }, ['b1']],
  [{ sort: 'nonsense', show: 'nonsense' }, ['b3', 'b2', 'b10', 'b1', 'b9']],
])('%j shows %j', (search, expected) => {
  expect(ids(search)).toEqual(expected);
});

test('each backend is in one group', () => {
  expect(countGroups(all)).toEqual({ problems: 1, available: 2, standby: 0, draining: 1, disabled: 1 });
});
