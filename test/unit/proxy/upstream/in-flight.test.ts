/** WebSockets that were opened lately, counted without hearing of their end. */
import { expect, test } from 'vitest';
import { RecentSockets } from '../../../../worker/proxy/upstream/in-flight.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;

test('a WebSocket counts at its backend for five minutes, however many more are opened', () => {
  const sockets = new RecentSockets();
  sockets.add('a', NOW);
  sockets.add('a', NOW + 2 * MINUTE);
  sockets.add('b', NOW + 2 * MINUTE);
  const counts = (minutes: number) => ['a', 'b', 'c'].map((id) => sockets.count(id, NOW + minutes * MINUTE));
  expect(counts(2)).toEqual([2, 1, 0]);
  expect(counts(4)).toEqual([2, 1, 0]);
  expect(counts(5)).toEqual([1, 1, 0]);
  expect(counts(7)).toEqual([0, 0, 0]);
  sockets.add('a', NOW + 4 * MINUTE);
  expect(counts(6)).toEqual([2, 1, 0]);
  sockets.add('a', NOW + 500 * MINUTE);
  expect(counts(500)).toEqual([1, 0, 0]);
});

test('backends that are gone are forgotten', () => {
  const sockets = new RecentSockets();
  sockets.add('a', NOW);
  sockets.add('b', NOW);
  sockets.keep(['b']);
  expect([sockets.count('a', NOW), sockets.count('b', NOW)]).toEqual([0, 1]);
});
