/** When a draining backend may be removed. */
import { expect, test } from 'vitest';
import { type DrainTimes, drainStatus, type ObservedClients } from '../../../worker/stats/drain.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const times: DrainTimes = { windowMs: 5 * MINUTE, webSocketLifeMs: DAY };
const began = 1_000 * DAY;
const drain = { pool: 'shop', backend: 'a', since: began, disableAt: null };
const NO_TRAFFIC: ObservedClients = {
  affinityClients: 0,
  openWebSockets: 0,
  lastClientAt: 0,
  lastWebSocketAt: 0,
  complete: true,
};

test.each<[string, Partial<ObservedClients>, number, boolean, RegExp]>([
  ['no client ever, the window just over', {}, 5 * MINUTE, true, /no WebSocket was ever opened/],
  ['no client ever, a moment before', {}, 5 * MINUTE - 1, false, /not for a whole 5 minutes yet/],
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
  const status = drainStatus(drain, { ...NO_TRAFFIC, ...seen }, times, began + after);
  expect(status.safeToRemove).toBe(safe);
  expect(status.why).toMatch(why);
});

test('safeAt is the moment from which it is safe if no client comes', () => {
  const seen = { ...NO_TRAFFIC, lastClientAt: began + 3 * MINUTE, lastWebSocketAt: began - MINUTE };
  const { safeAt } = drainStatus(drain, seen, times, began);
  expect(safeAt).toBe(began - MINUTE + DAY);
  expect(drainStatus(drain, seen, times, safeAt! - 1).safeToRemove).toBe(false);
  expect(drainStatus(drain, seen, times, safeAt!).safeToRemove).toBe(true);
});
