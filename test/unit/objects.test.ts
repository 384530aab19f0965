/** What the objects do when others of them are slow or away. */
import { expect, test } from 'vitest';
import type { Env } from '../../worker/env.ts';
import type { ShardStatus } from '../../worker/objects/protocol.ts';
import { ShardStatuses } from '../../worker/objects/shard-statuses.ts';
import type { PoolRpc } from '../../worker/objects/stubs.ts';

/** An environment whose Pool objects do what `objects` says. */
const envOf = (objects: (name: string) => Partial<PoolRpc>): Env =>
  ({ POOL: { getByName: objects } }) as unknown as Env;

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('the live view asks six Pool objects at once, and keeps what each answers', async () => {
  let asking = 0;
  let most = 0;
  const env = envOf((name) => ({
    async watch() {
      most = Math.max(most, ++asking);
      await tick();
      asking--;
      if (name === 'shop/3') throw new Error('away');
      return { shard: name.split('/')[1] } as ShardStatus;
    },
  }));
  const names = Array.from({ length: 20 }, (_, i) => ({ pool: 'shop', shard: String(i) }));
  const statuses = new ShardStatuses(env);
  await statuses.ask(names, () => true);
  expect(most).toBe(6);
  expect(names.filter((name) => !statuses.has(name)).map(({ shard }) => shard)).toEqual(['3']);
});
