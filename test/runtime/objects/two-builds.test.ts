/** Two builds that meet during a deploy: isolates of the first release before an object of this one, and the reverse. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool } from '../../support/product/pools.ts';
import { eventually, type Json, type Product, startProduct } from '../../support/product/product.ts';
import { mapping } from '../../support/samples.ts';

const WRAPPER = fileURLToPath(new URL('../../support/product/two-builds.js', import.meta.url));
let product: Product;
let origins: Origin[];

beforeAll(async () => {
  origins = await Promise.all(['a', 'b'].map((id) => startOrigin(echo(id))));
  product = await startProduct({ wrapper: WRAPPER });
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

/** Calls the only object of a pool. */
async function call(pool: string, method: string, ...args: Json[]): Promise<Json> {
  const body = JSON.stringify({ object: `${pool}/0`, method, args });
  return JSON.parse((await product.get('builds.test', '/call', { method: 'POST', body })).text);
}

const UPDATE = ['ejected', 'failing', 'ramping', 'revision', 'routesRevision'];
const LEASE = ['epoch', 'first', 'position', 'reason', 'slots', 'ttlMs', 'weights'];
/** What is new in this release; an isolate of the first one passes over it. */
const TERMS = ['pace', 'sampling'];
const keysOf = (reply: Json) => Object.keys(reply).toSorted();

test('an isolate of the first release leases, returns and reports: an object of this one answers as it expects', async () => {
  const pool = await servePool(product, 'old', named(...origins));
  const { revision } = await product.apiOk('GET', '/config');
  const lease = await call('old', 'lease', { want: 3, revision, returned: [] });
  expect(keysOf(lease)).toEqual([...UPDATE, ...LEASE, ...TERMS].toSorted());
  expect(lease).toMatchObject({ slots: [0, 1, 0], reason: 'policy', weights: [1, 1], ttlMs: 1_000 });
  const behind = await call('old', 'lease', { want: 0, revision: 0, returned: [] });
  expect(behind.pool.id).toBe('old');

  const report = {
    isolate: 'first',
    sequence: 7,
    revision,
    attempts: [
      ['a', 200, 5, 1],
      ['b', -2, 30, 1, 'r2'],
    ],
    mappings: { count: 1, json: JSON.stringify([mapping({ requestId: 'r1', pool: 'old' })]) },
    charged: { a: 1 },
    returned: [{ epoch: lease.epoch, counts: { a: 1 } }],
    tookAlone: [],
    probing: [],
    dropped: 2,
  };
  const update = await call('old', 'report', report);
  // Had it slots, its isolate would take it for a lease.
  expect(keysOf(update)).toEqual(UPDATE);
  const again = await call('old', 'report', report, 2);
  expect(again.slots).toHaveLength(2);
  // A lease of three, one given back, one charged, and two more: an odd number of turns, shared out evenly.
  expect(again.position.map(Math.abs)).toEqual([1, 1]);

  const { backends, shards } = await product.apiOk('GET', '/pools/old/status');
  expect(backends.map(({ requests, failures }: Json) => [requests, failures])).toEqual([
    [1, 0],
    [1, 1],
  ]);
  expect(shards[0].dropped).toBe(2);
  const { requests } = await product.apiOk('GET', '/requests?pool=old');
  expect(requests.map(({ requestId }: Json) => requestId)).toEqual(['r1']);
  expect((await pool.get()).status).toBe(200);
});

test('an isolate of this release whose object is of the first one goes on alone, and counts all once the object is new', async () => {
  const pool = await servePool(product, 'new', named(...origins));
  await product.get('builds.test', '/first-release');
  const REQUESTS = 30;
  expect((await pool.sequence(REQUESTS)).join('')).toBe('ab'.repeat(REQUESTS / 2));
  await product.get('builds.test', '/this-release');
  const counted = await eventually(
    async () => {
      const { backends } = await product.apiOk('GET', '/pools/new/status');
      return backends.map(({ requests }: Json) => requests);
    },
    ([a, b]) => a + b >= REQUESTS,
  );
  expect(counted).toEqual([REQUESTS / 2, REQUESTS / 2]);
  // Slots come from the object again, and a drain is followed.
  await pool.patch('a', { state: 'draining' });
  await eventually(
    async () => (await pool.sequence(4)).join(''),
    (order) => order === 'bbbb',
  );
});
