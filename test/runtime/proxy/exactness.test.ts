/** Exact shares under leases: what the one idea promises, with the load that would show it broken. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bed, makeBed } from '../../bench/bed.ts';
import { api, untilServing } from '../../bench/contenders.ts';
import { eventually, many, send, tally } from '../../support/product/product.ts';

const WEIGHTS = { a: 5, b: 1, c: 1 };
const REQUESTS = 70_000;

let bed: Bed;
beforeAll(async () => {
  bed = await makeBed({ withPeers: false });
  await untilServing(bed);
});
afterAll(() => bed.stop());

test('seventy thousand requests at 64 connections: each share is within a thousandth of its weight', async () => {
  const call = (method: string, path: string, body?: unknown) =>
    api(bed, bed.ports.evenkeel, method, path, body);
  const backends = Object.entries(WEIGHTS).map(([id, weight], i) => {
    return { id, weight, url: `http://127.0.0.1:${bed.backendPorts[i]}` };
  });
  await call('PUT', '/config', {
    pools: [{ id: 'exact', backends }],
    routes: [{ id: 'exact', host: 'exact.test', pool: 'exact' }],
  });
  const answers = await many(REQUESTS, 64, async () => {
    const { status, backend } = await send(bed.ports.evenkeel, 'exact.test', '/');
    return status === 200 ? backend! : String(status);
  });
  const counts = tally(answers);
  expect(Object.keys(counts).toSorted()).toEqual(Object.keys(WEIGHTS));
  for (const [id, weight] of Object.entries(WEIGHTS))
    expect(Math.abs(counts[id]! / REQUESTS - weight / 7), id).toBeLessThan(0.001);
  const seen = await eventually(
    () => call('GET', '/pools/exact/status'),
    (status) =>
      status.backends.every((row: { id: string; requests: number }) => row.requests === counts[row.id]),
  );
  const [{ objectCalls, rowsWritten }] = seen.shards;
  expect(objectCalls / REQUESTS).toBeLessThan(0.05);
  expect(rowsWritten / REQUESTS).toBeLessThan(0.05);
}, 180_000);
