/** Which affinity clients an isolate reports to its object, and how many it remembers. */
import { expect, test } from 'vitest';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import {
  noteClient,
  REMEMBERED,
  requeueClients,
  takeClients,
} from '../../../../worker/proxy/pool-client/affinity-clients.ts';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const viewOf = (ids: readonly string[], more: object = {}) => new PoolView(poolOf(ids, more), 1);
const poolOf = (ids: readonly string[], more: object = {}) =>
  poolSchema.parse({ id: 'p', backends: ids.map((id) => ({ id, url: 'http://a.test' })), ...more });

const CLIENTS_ENV = { AFFINITY_SECRET: 's' } as Env;
const seen = (view: PoolView, backend: string, issuedAt: number): void =>
  noteClient(view, backend, issuedAt, new Request('http://shop.test/'), CLIENTS_ENV);
const countOf = (reported: Readonly<Record<string, readonly number[]>>): number =>
  Object.values(reported).reduce((sum, hashes) => sum + hashes.length, 0);

test(`${REMEMBERED} clients are reported once; one more, and all are reported again`, () => {
  const view = viewOf(['a']);
  for (let i = 0; i < REMEMBERED; i++) seen(view, 'a', i);
  const reported = countOf(takeClients(view));
  // A hash of 32 bits may fall together with another.
  expect(reported).toBeGreaterThan(REMEMBERED - 100);
  seen(view, 'a', 0);
  expect(takeClients(view)).toEqual({});
  for (let i = 0; i < 100; i++) seen(view, 'a', REMEMBERED + i);
  takeClients(view);
  seen(view, 'a', 0);
  expect(countOf(takeClients(view))).toBe(1);
});

test(`while the object is away ${REMEMBERED} clients of all backends wait to be reported, the newest`, () => {
  const ids = times(40, (i) => `b${i}`);
  const view = viewOf(ids);
  let untaken: Record<string, number[]> = {};
  let newest: Record<string, number[]> = {};
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < REMEMBERED; i++) seen(view, ids[i % 40]!, round * REMEMBERED + i);
    newest = takeClients(view);
    expect(countOf(newest)).toBeLessThanOrEqual(REMEMBERED);
    requeueClients(view, newest);
    requeueClients(view, untaken);
    untaken = takeClients(view);
    expect(countOf(untaken)).toBeLessThanOrEqual(REMEMBERED);
  }
  expect(countOf(untaken)).toBe(REMEMBERED);
  expect(untaken.b7).toEqual(expect.arrayContaining(newest.b7!));
});
