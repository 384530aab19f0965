/** Which affinity clients an isolate reports to its object, and how many it remembers. */
import { expect, test } from 'vitest';
import type { Env } from '../../../../worker/env.ts';
import { AffinityClients, REMEMBERED } from '../../../../worker/proxy/pool-client/affinity-clients.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const CLIENTS_ENV = { AFFINITY_SECRET: 's' } as Env;
const seen = (clients: AffinityClients, backend: string, issuedAt: number): void =>
  clients.add({ backend, issuedAt, headers: new Headers() }, CLIENTS_ENV);
const countOf = (reported: Readonly<Record<string, readonly number[]>>): number =>
  Object.values(reported).reduce((sum, hashes) => sum + hashes.length, 0);

test(`${REMEMBERED} clients are reported once; one more, and all are reported again`, () => {
  const clients = new AffinityClients();
  for (let i = 0; i < REMEMBERED; i++) seen(clients, 'a', i);
  const reported = countOf(clients.take());
  // A hash of 32 bits may fall together with another.
  expect(reported).toBeGreaterThan(REMEMBERED - 100);
  seen(clients, 'a', 0);
  expect(clients.take()).toEqual({});
  for (let i = 0; i < 100; i++) seen(clients, 'a', REMEMBERED + i);
  clients.take();
  seen(clients, 'a', 0);
  expect(countOf(clients.take())).toBe(1);
});

test(`while the object is away ${REMEMBERED} clients of all backends wait to be reported, the newest`, () => {
  const ids = times(40, (i) => `b${i}`);
  const clients = new AffinityClients();
  let untaken: Record<string, number[]> = {};
  let newest: Record<string, number[]> = {};
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < REMEMBERED; i++) seen(clients, ids[i % 40]!, round * REMEMBERED + i);
    newest = clients.take();
    expect(countOf(newest)).toBeLessThanOrEqual(REMEMBERED);
    clients.requeue(newest);
    clients.requeue(untaken);
    untaken = clients.take();
    expect(countOf(untaken)).toBeLessThanOrEqual(REMEMBERED);
  }
  expect(countOf(untaken)).toBe(REMEMBERED);
  expect(untaken.b7).toEqual(expect.arrayContaining(newest.b7!));
});
