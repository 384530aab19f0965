/** What clients received: how each end of a request counts, that counts can be added, and what is kept apart. */
import { describe, expect, test } from 'vitest';
import { bucketOf } from '../../../worker/stats/latency.ts';
import {
  addFinished,
  BACKENDS_COUNTED,
  CELLS_COUNTED,
  type FinishedRequest,
  mergeReceived,
  noneReceived,
  ReceivedCells,
  ReceivedTotals,
  ROUTES_COUNTED,
} from '../../../worker/stats/received.ts';

const NO_BYTES = { bytesIn: 0, bytesOut: 0 };
const answered: FinishedRequest = {
  backend: 'a',
  status: 200,
  ms: 5,
  attempts: [{ outcome: 'ok' }],
  notRetried: null,
};
const received = (more: Partial<FinishedRequest>, bytes = NO_BYTES) => {
  const counts = noneReceived();
  addFinished(counts, { ...answered, ...more }, bytes);
  return counts;
};

test('a response counts in its class, with its bytes and the time that its client waited', () => {
  expect(received({ status: 404 }, { bytesIn: 3, bytesOut: 70 })).toEqual({
    ...noneReceived(),
    responses: [0, 0, 0, 1, 0],
    bytesIn: 3,
    bytesOut: 70,
    waited: { [bucketOf(5)]: 1 },
  });
});

test('our own response counts in its class too, and by status', () => {
  const counts = received({ backend: null, status: 503, attempts: [] });
  expect(counts.responses).toEqual([0, 0, 0, 0, 1]);
  expect(counts.own).toEqual({ 503: 1 });
});

test('a client that left first is in no class and waited for nothing', () => {
  const counts = received({ backend: null, status: 499, attempts: [{ outcome: 'client-closed' }] });
  expect(counts).toEqual({ ...noneReceived(), clientClosed: 1 });
});

test("an application's own 499 is a response", () => {
  expect(received({ status: 499 })).toMatchObject({ responses: [0, 0, 0, 1, 0], clientClosed: 0 });
});

test('a request was saved when another backend answered after a failure', () => {
  const outcomes = (...names: string[]) => names.map((outcome) => ({ outcome }));
  expect(received({ attempts: outcomes('timeout', 'ok') }).savedByRetry).toBe(1);
  expect(received({ attempts: outcomes('ok') }).savedByRetry).toBe(0);
  expect(received({ attempts: outcomes('timeout', 'failure-status'), status: 503 }).savedByRetry).toBe(0);
  expect(
    received({ attempts: outcomes('timeout', 'timeout'), status: 504, backend: null }).savedByRetry,
  ).toBe(0);
});

test('a refused retry counts by its reason', () => {
  expect(received({ status: 503, notRetried: 'budget' }).retriesRefused).toEqual({ budget: 1 });
});

test('counts that are added are those of all requests together', () => {
  const ends: Partial<FinishedRequest>[] = [
    { status: 200 },
    { status: 503, backend: null, notRetried: 'method' },
    { status: 499, backend: null },
    { status: 301, ms: 900 },
    { status: 503, backend: null, notRetried: 'method' },
  ];
  const together = noneReceived();
  const added = noneReceived();
  for (const end of ends) {
    addFinished(together, { ...answered, ...end }, { bytesIn: 1, bytesOut: 2 });
    mergeReceived(added, received(end, { bytesIn: 1, bytesOut: 2 }));
  }
  expect(added).toEqual(together);
  expect(added.own).toEqual({ 503: 2 });
});

test('what is taken is counted once', () => {
  const cells = new ReceivedCells();
  addFinished(cells.of('shop', 'a'), answered, NO_BYTES);
  addFinished(cells.of('shop', 'a'), answered, NO_BYTES);
  addFinished(cells.of('shop', null), { ...answered, backend: null, status: 503 }, NO_BYTES);
  expect(cells.take().map(([route, backend, { responses }]) => [route, backend, responses])).toEqual([
    ['shop', 'a', [0, 2, 0, 0, 0]],
    ['shop', null, [0, 0, 0, 0, 1]],
  ]);
  expect(cells.isEmpty).toBe(true);
  expect(cells.take()).toEqual([]);
});

describe('limits', () => {
  test('routes past the limit are counted together', () => {
    const cells = new ReceivedCells();
    const routes = ROUTES_COUNTED + 50;
    for (let i = 0; i < routes; i++) addFinished(cells.of(`r${i}`, 'a'), answered, NO_BYTES);
    const taken = cells.take();
    expect(taken).toHaveLength(ROUTES_COUNTED + 1);
    expect(taken.find(([route]) => route === null)?.[2].responses[1]).toBe(50);
  });

  test('past the limit of pairs, backends are counted without their route, and nothing is lost', () => {
    const cells = new ReceivedCells();
    const [routes, backends] = [100, 50];
    for (let i = 0; i < routes * backends; i++)
      addFinished(cells.of(`r${i % routes}`, `b${Math.floor(i / routes)}`), answered, NO_BYTES);
    const pairs = cells.take();
    expect(pairs.length).toBeLessThanOrEqual(CELLS_COUNTED + backends);
    expect(pairs.reduce((total, [, , { responses }]) => total + responses.reduce((a, b) => a + b), 0)).toBe(
      routes * backends,
    );
  });

  test('a pool tells the routes apart that came first, and sums the others; a restart changes nothing', () => {
    let totals = new ReceivedTotals();
    for (let i = 0; i < ROUTES_COUNTED + 10; i++) totals.add([`r${i}`, 'a', received({})]);
    totals = new ReceivedTotals(JSON.parse(JSON.stringify(totals.dump())));
    for (let i = 0; i < ROUTES_COUNTED + 10; i++) totals.add([`r${i}`, 'a', received({})]);
    expect(totals.routes.size).toBe(ROUTES_COUNTED);
    expect(totals.routes.get('r0')?.responses[1]).toBe(2);
    expect(totals.others.responses[1]).toBe(20);
    expect(totals.all.responses[1]).toBe(2 * (ROUTES_COUNTED + 10));
  });

  test(`${BACKENDS_COUNTED} backends are counted, and the oldest go`, () => {
    const totals = new ReceivedTotals();
    for (let i = 0; i <= BACKENDS_COUNTED; i++) totals.add(['r', `b${i}`, received({})]);
    expect(totals.backends.size).toBe(BACKENDS_COUNTED);
    expect(totals.backends.has('b0')).toBe(false);
  });
});
