/** The clients and WebSockets that a draining backend still has. */
import { describe, expect, test } from 'vitest';
import type { Env } from '../../../../worker/env.ts';
import {
  AffinityClients,
  addOpened,
  countOpen,
  noDrainActivity,
} from '../../../../worker/objects/pool/drain-activity.ts';
import { type DrainTimes, drainTimes } from '../../../../worker/stats/drain.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const times: DrainTimes = { windowMs: 5 * MINUTE, webSocketLifeMs: DAY };

test('clients are distinct, and forgotten a window after they were last reported', () => {
  const visitors = new AffinityClients(1);
  const stored = { ...noDrainActivity(), lastClientAt: 2 * MINUTE };
  visitors.add([1, 2, 3], 0);
  visitors.add([3, 4], 2 * MINUTE);
  expect(visitors.count(stored, times, 2 * MINUTE)).toBe(4);
  expect(visitors.count(stored, times, 6 * MINUTE)).toBe(2);
  expect(visitors.count(stored, times, 8 * MINUTE)).toBe(0);
});

test('after a restart the clients of before are one at least, until the last would be forgotten', () => {
  const stored = { ...noDrainActivity(), lastClientAt: 2 * MINUTE };
  expect(new AffinityClients(1).count(stored, times, 3 * MINUTE)).toBe(1);
  expect(new AffinityClients(1).count(stored, times, 8 * MINUTE)).toBe(0);
});

test('a WebSocket counts as open for its life from when it was opened, never shorter', () => {
  const visits = noDrainActivity();
  const openedAt = [0, 10 * MINUTE, 90 * MINUTE, 91 * MINUTE];
  for (const at of openedAt) addOpened(visits, times, at);
  for (let at = 91 * MINUTE; at < 2 * DAY; at += 7 * MINUTE) {
    const open = openedAt.filter((opened) => at < opened + DAY).length;
    expect(countOpen(visits, times, at)).toBeGreaterThanOrEqual(open);
  }
  expect(countOpen(visits, times, 91 * MINUTE + DAY - 1)).toBe(2);
  expect(countOpen(visits, times, 91 * MINUTE + DAY)).toBe(0);
});

describe('limits', () => {
  test('an object distinguishes 50,000 clients, each backend has its part; the longest silent are forgotten', () => {
    const visitors = new AffinityClients(10);
    const clients = Array.from({ length: 5_001 }, (_, i) => i);
    visitors.add(clients, 1_000);
    expect(visitors.count(noDrainActivity(), drainTimes({} as Env), 1_001)).toBe(5_000);
    visitors.add([0], 1_002);
    expect(visitors.count(noDrainActivity(), drainTimes({} as Env), 1_003)).toBe(5_000);
  });

  test('opened WebSockets are counted in a bounded number of steps, however many there are', () => {
    const visits = noDrainActivity();
    const limits = drainTimes({} as Env);
    for (let i = 0; i < 5_000; i++)
      addOpened(visits, limits, 1 + Math.round((i * limits.webSocketLifeMs) / 1_000));
    expect(visits.opened.length).toBeLessThanOrEqual(50);
  });

  test('memory is bounded: the longest silent are forgotten, the newest never', () => {
    const visitors = new AffinityClients(1_000);
    for (let i = 0; i < 10_000; i++) visitors.add([i], i);
    const stored = { ...noDrainActivity(), lastClientAt: 10_000 };
    expect(visitors.count(stored, times, 10_000)).toBe(50);
  });

  test('a day of WebSockets takes a bounded number of entries', () => {
    const visits = noDrainActivity();
    for (let at = 0; at < 3 * DAY; at += MINUTE) addOpened(visits, times, at);
    expect(visits.opened.length).toBeLessThan(30);
  });
});
