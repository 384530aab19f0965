/** The pool under which requests that come to no route are counted and recorded. It has no backends and is in no document. */
import { type PoolConfig, poolSchema } from './schema.ts';

/** Its id, which no pool of a document can have. */
export const UNROUTED_POOL = '-';

/** Its configuration: one object, because the Directory, which knows of shards, does not know this pool. */
export const unroutedPool = (): PoolConfig => ({
  ...poolSchema.parse({ id: 'unrouted', backends: [{ id: 'none', url: 'https://none.invalid' }] }),
  id: UNROUTED_POOL,
  backends: [],
  sharding: 'none',
});
