/** Ejections on their way from shard to shard. */
import { expect, test } from 'vitest';
import { broadcastHealthChanges } from '../../../../worker/objects/pool/gossip.ts';
import type { HealthChange } from '../../../../worker/protocol/messages.ts';
import { envOf } from '../../../support/samples.ts';

test('a shard that is away keeps no other from hearing of an ejection', async () => {
  const heard: string[] = [];
  const env = envOf((name) => ({
    async hearFlip({ kind, backend }) {
      if (name === 'shop/1') throw new Error('away');
      heard.push(`${name} ${kind} ${backend}`);
    },
  }));
  const flip: HealthChange = { kind: 'ejected', backend: 'a', at: 1, until: 2, ejections: 1 };
  await broadcastHealthChanges(env, { pool: 'shop', shard: '0' }, [flip]);
  expect(heard.toSorted()).toEqual(['shop/2 ejected a', 'shop/3 ejected a']);
});
