/** What the Directory knows of the shards: which it asks at once, and which of several answers counts. */
import { afterEach, expect, test, vi } from 'vitest';
import { ShardStatuses } from '../../../../worker/objects/directory/shard-statuses.ts';
import type { ShardStatus } from '../../../../worker/protocol/messages.ts';
import { envOf } from '../../../support/samples.ts';

const TO = { pool: 'shop', shard: '0' };

afterEach(() => {
  vi.useRealTimers();
});

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('the live view asks six Pool objects at once, and keeps the answer of each', async () => {
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
  const statuses = new ShardStatuses(env, (_, status) => status);
  await statuses.fetch(names, () => true);
  expect(most).toBe(6);
  expect(names.filter((name) => !statuses.has(name)).map(({ shard }) => shard)).toEqual(['3']);
});

/** What is known of a Pool object that answers when the test lets it; `asked` waits for answers, the oldest first. */
function slowShard() {
  const asked: ((dropped: number) => void)[] = [];
  const statusOf = (dropped: number) => ({ shard: '0', dropped }) as ShardStatus;
  const env = envOf(() => ({
    watch: () => new Promise((resolve) => asked.push((dropped) => resolve(statusOf(dropped)))),
  }));
  const statuses = new ShardStatuses(env, (_, status) => status);
  return {
    asked,
    ask: () => statuses.fetch([TO], () => true),
    push: (dropped: number) => statuses.update(TO, statusOf(dropped)),
    askAnew: () => statuses.invalidate('shop'),
    known: () => statuses.of('shop').map(({ dropped }) => dropped),
    isKnown: () => statuses.has(TO),
  };
}

test('a slow answer does not replace a status that the shard has pushed since the call', async () => {
  const shard = slowShard();
  const asking = shard.ask();
  shard.push(2);
  shard.asked[0]!(1);
  await asking;
  expect(shard.known()).toEqual([2]);
});

test('of two answers that overtake each other the one asked for later counts', async () => {
  const shard = slowShard();
  const asking = [shard.ask(), shard.ask()];
  shard.asked[1]!(2);
  await asking[1];
  shard.asked[0]!(1);
  await asking[0];
  expect(shard.known()).toEqual([2]);
});

test('a forgotten status does not come back with the answer to an earlier call', async () => {
  const shard = slowShard();
  shard.push(1);
  const asking = shard.ask();
  shard.askAnew();
  expect(shard.isKnown()).toBe(false);
  shard.asked[0]!(1);
  await asking;
  expect(shard.isKnown()).toBe(false);
  const again = shard.ask();
  shard.asked[1]!(2);
  await again;
  expect(shard.known()).toEqual([2]);
});
