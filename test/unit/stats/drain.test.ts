/** When a draining backend may be removed, and who has lately come to one. */
import { expect, test } from 'vitest';
import { addOpened, countOpen, noVisits, Visitors } from '../../../worker/objects/pool/drain-activity.ts';
import { type DrainTimes, drainStatus, type Seen } from '../../../worker/stats/drain.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const times: DrainTimes = { windowMs: 5 * MINUTE, webSocketLifeMs: DAY };
const began = 1_000 * DAY;
const drain = { pool: 'shop', backend: 'a', since: began, disableAt: null };
const nobody: Seen = {
  affinityClients: 0,
  openWebSockets: 0,
  lastClientAt: 0,
  lastWebSocketAt: 0,
  complete: true,
};

test.each<[string, Partial<Seen>, number, boolean, RegExp]>([
  ['nobody ever, the window just over', {}, 5 * MINUTE, true, /no WebSocket was ever opened/],
  ['nobody ever, a moment before', {}, 5 * MINUTE - 1, false, /not for a whole 5 minutes yet/],
  [
    'one client now',
    { affinityClients: 1, lastClientAt: began + 9 * MINUTE },
    10 * MINUTE,
    false,
    /^1 client in/,
  ],
  [
    'the last client gone for six minutes',
    { lastClientAt: began + 4 * MINUTE },
    10 * MINUTE,
    true,
    /no client for 5/,
  ],
  [
    'the last client gone for five',
    { lastClientAt: began + 5 * MINUTE },
    10 * MINUTE,
    false,
    /not for a whole/,
  ],
  [
    'two WebSockets of this day',
    { openWebSockets: 2, lastWebSocketAt: began },
    DAY - 1,
    false,
    /^2 WebSockets were/,
  ],
  [
    'the last WebSocket a day ago',
    { lastWebSocketAt: began },
    DAY,
    true,
    /no WebSocket was opened through it for 1 day/,
  ],
  ['a shard that has not answered', { complete: false }, 10 * DAY, false, /not every Pool object/],
])('%s', (_, seen, after, safe, why) => {
  const status = drainStatus(drain, { ...nobody, ...seen }, times, began + after);
  expect(status.safeToRemove).toBe(safe);
  expect(status.why).toMatch(why);
});

test('safeAt is the moment from which it is safe if nobody comes', () => {
  const seen = { ...nobody, lastClientAt: began + 3 * MINUTE, lastWebSocketAt: began - MINUTE };
  const { safeAt } = drainStatus(drain, seen, times, began);
  expect(safeAt).toBe(began - MINUTE + DAY);
  expect(drainStatus(drain, seen, times, safeAt! - 1).safeToRemove).toBe(false);
  expect(drainStatus(drain, seen, times, safeAt!).safeToRemove).toBe(true);
});

test('clients are distinct, and forgotten a window after they were last told of', () => {
  const visitors = new Visitors(1);
  const stored = { ...noVisits(), lastClientAt: 2 * MINUTE };
  visitors.add([1, 2, 3], 0);
  visitors.add([3, 4], 2 * MINUTE);
  expect(visitors.clients(stored, times, 2 * MINUTE)).toBe(4);
  expect(visitors.clients(stored, times, 6 * MINUTE)).toBe(2);
  expect(visitors.clients(stored, times, 8 * MINUTE)).toBe(0);
});

test('after a restart the clients of before are one at least, until the last would be forgotten', () => {
  const stored = { ...noVisits(), lastClientAt: 2 * MINUTE };
  expect(new Visitors(1).clients(stored, times, 3 * MINUTE)).toBe(1);
  expect(new Visitors(1).clients(stored, times, 8 * MINUTE)).toBe(0);
});

test('memory is bounded: the longest silent are forgotten, the newest never', () => {
  const visitors = new Visitors(1_000);
  for (let i = 0; i < 10_000; i++) visitors.add([i], i);
  const stored = { ...noVisits(), lastClientAt: 10_000 };
  expect(visitors.clients(stored, times, 10_000)).toBe(50);
});

test('a WebSocket counts as open for its life from when it was opened, never shorter', () => {
  const visits = noVisits();
  const openedAt = [0, 10 * MINUTE, 90 * MINUTE, 91 * MINUTE];
  for (const at of openedAt) addOpened(visits, times, at);
  for (let at = 91 * MINUTE; at < 2 * DAY; at += 7 * MINUTE) {
    const open = openedAt.filter((opened) => at < opened + DAY).length;
    expect(countOpen(visits, times, at)).toBeGreaterThanOrEqual(open);
  }
  expect(countOpen(visits, times, 91 * MINUTE + DAY - 1)).toBe(2);
  expect(countOpen(visits, times, 91 * MINUTE + DAY)).toBe(0);
});

test('a day of WebSockets takes a bounded number of entries', () => {
  const visits = noVisits();
  for (let at = 0; at < 3 * DAY; at += MINUTE) addOpened(visits, times, at);
  expect(visits.opened.length).toBeLessThan(30);
});
