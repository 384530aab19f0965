/** Which of a pool's objects an isolate keeps to: always the same one, so that its leases stay full. No I/O. */
import { hash32 } from '../../balance/hash.ts';
import type { shardingInForce } from '../../protocol/sharding.ts';

/** The shard's name, and where its object should live if it is new (Durable Objects' location hint). */
export interface Shard {
  readonly name: string;
  readonly hint?: DurableObjectLocationHint;
}

/** One shard a continent (`request.cf.continent`), created near its clients. The key is the shard's name. */
const REGIONS: Readonly<Record<string, DurableObjectLocationHint>> = {
  af: 'afr',
  as: 'apac',
  eu: 'weur',
  na: 'enam',
  oc: 'oc',
  sa: 'sam',
};
const ONE: Shard = { name: '0' };

/** Chooses by the pool's sharding in force, the continent the isolate runs for, and the isolate's own id. */
export function shardFor(
  sharding: ReturnType<typeof shardingInForce>,
  continent: string | undefined,
  isolate: string,
): Shard {
  if (sharding === 'none') return ONE;
  if (typeof sharding === 'number') return { name: String(hash32(isolate) % sharding) };
  const name = continent?.toLowerCase() ?? '';
  const hint = REGIONS[name];
  // A continent without a region of its own (Antarctica), or none known, shares the first object.
  return hint ? { name, hint } : ONE;
}
