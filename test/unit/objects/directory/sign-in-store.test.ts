/** The bounds of what is kept of sign-ins, on SQLite itself. */
import { expect, test } from 'vitest';
import {
  ADDRESSES_KEPT,
  ATTEMPTS,
  ATTEMPTS_WINDOW_MS,
  ENDED_KEPT,
  SignInStore,
} from '../../../../worker/objects/directory/sign-in-store.ts';
import { openSql } from '../../../support/sqlite.ts';

const NOW = 1_800_000_000_000;
const LATER = NOW + 3_600_000;

function open(): { store: SignInStore; count(table: string): number } {
  const { sql, count } = openSql();
  return { store: new SignInStore(sql), count };
}

const attempts = (store: SignInStore, address: string, count: number, now = NOW): number[] =>
  Array.from({ length: count }, () => store.countAttempt(address, now));

test('an address waits for the end of its window, then it may try again', () => {
  const { store } = open();
  expect(attempts(store, 'a', ATTEMPTS).every((wait) => wait === 0)).toBe(true);
  expect(store.countAttempt('a', NOW + 1_000)).toBe(ATTEMPTS_WINDOW_MS - 1_000);
  expect(store.countAttempt('b', NOW)).toBe(0);
  expect(store.countAttempt('a', NOW + ATTEMPTS_WINDOW_MS)).toBe(0);
  expect(attempts(store, 'a', ATTEMPTS, NOW + ATTEMPTS_WINDOW_MS).at(-1)).toBe(ATTEMPTS_WINDOW_MS);
});

test('a right sign-in sets the count of its address back, and only its own', () => {
  const { store } = open();
  for (const address of ['a', 'b']) attempts(store, address, ATTEMPTS);
  store.recordSignIn('a');
  expect([store.countAttempt('a', NOW), store.countAttempt('b', NOW)]).toEqual([0, ATTEMPTS_WINDOW_MS]);
});

test('of more addresses than are kept, those go whose window began first', () => {
  const { store, count } = open();
  attempts(store, 'first', ATTEMPTS, NOW);
  for (let i = 1; i <= ADDRESSES_KEPT; i++) store.countAttempt(`address-${i}`, NOW + 1);
  expect(count('attempts')).toBe(ADDRESSES_KEPT);
  expect(store.countAttempt('first', NOW + 2)).toBe(0);
  expect(count('attempts')).toBe(ADDRESSES_KEPT);
});

test('rows of windows that are over go with the next attempts, ten at a time', () => {
  const { store, count } = open();
  for (let i = 0; i < 50; i++) store.countAttempt(`address-${i}`, NOW);
  for (let i = 1; i <= 5; i++) {
    store.countAttempt('new', NOW + ATTEMPTS_WINDOW_MS);
    expect(count('attempts')).toBe(50 - 10 * i + 1);
  }
});

test('with more ended sessions than are kept all sessions end: no ended one becomes valid again', () => {
  const { store, count } = open();
  const generation = store.recordSignIn('a');
  const session = (i: number) => ({ id: `session-${i}`, generation, until: LATER });
  for (let i = 0; i < ENDED_KEPT; i++) store.end(session(i), NOW);
  expect([store.isEnded(session(0)), store.isEnded(session(-1))]).toEqual([true, false]);
  expect(count('ended')).toBe(ENDED_KEPT);
  store.end(session(ENDED_KEPT), NOW);
  expect(count('ended')).toBe(0);
  for (const i of [-1, 0, ENDED_KEPT]) expect(store.isEnded(session(i))).toBe(true);
  expect(store.isEnded({ ...session(0), generation: store.recordSignIn('a') })).toBe(false);
});

test('sessions that have expired are not kept', () => {
  const { store, count } = open();
  const generation = store.recordSignIn('a');
  store.end({ id: 'old', generation, until: NOW + 1 }, NOW);
  store.end({ id: 'new', generation, until: LATER }, NOW + 2);
  expect(count('ended')).toBe(1);
});
