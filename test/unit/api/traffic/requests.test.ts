/** How many Pool objects `GET /api/requests` asks at once: their rings together must fit into an isolate. */
import { expect, test } from 'vitest';
import { serve } from '../../../../worker/api/http/operation.ts';
import { requestsApi } from '../../../../worker/api/traffic/requests.ts';
import { configSchema } from '../../../../worker/config/schema.ts';

const SHARDS = 64;
const RING = 1_000;

test('the newest requests of a pool with 64 shards are found six rings at a time', async () => {
  const pools = [{ id: 'shop', sharding: SHARDS, backends: [{ id: 'a', url: 'https://a.example.net' }] }];
  const rows = Array.from({ length: SHARDS }, (_, i) => ({ pool: 'shop', shard: String(i) }));
  const directory = {
    read: async () => ({ revision: 1, config: configSchema.parse({ pools }), drains: [] }),
    shards: async () => rows,
    shardsOf: async () => rows.map(({ shard }) => shard),
  };
  let asking = 0;
  let most = 0;
  const requests = async (shard: number) => {
    most = Math.max(most, ++asking);
    await new Promise((resolve) => setImmediate(resolve));
    asking--;
    return Array.from({ length: RING }, (_, i) => ({
      requestId: `${shard}-${i}`,
      at: i * SHARDS + shard,
      ms: 0,
    }));
  };
  const env = {
    DIRECTORY: { getByName: () => directory },
    POOL: {
      getByName: (name: string) => {
        const shard = Number(name.split('/')[1]);
        // One of the shards is busy.
        return { requests: () => requests(shard), sampled: async () => (shard === 40 ? 3 : 1) };
      },
    },
  };
  const answer = await serve(requestsApi).request('/requests?pool=shop&limit=100', {}, env);
  const body = (await answer.json()) as { requests: { at: number }[]; sampled: number };
  expect(body.sampled).toBe(3);
  expect(most).toBe(6);
  const newest = Array.from({ length: 100 }, (_, i) => RING * SHARDS - 1 - i);
  expect(body.requests.map(({ at }) => at)).toEqual(newest);
});
