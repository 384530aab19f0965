/** The pool that is simulated, and what a drain makes of it. No I/O. */
import { type PoolConfig, poolSchema } from '../../worker/config/schema.ts';

const WEIGHTS = { a: 5, b: 3, c: 2, d: 2, e: 1, f: 1 };
/** The backend that is drained. */
export const DRAINED = 1;

/** The pool before and while its second backend drains. */
export function makePools(sharding: PoolConfig['sharding']): { open: PoolConfig; draining: PoolConfig } {
  const backends = Object.entries(WEIGHTS).map(([id, weight]) => ({
    id,
    weight,
    url: `https://${id}.example.net`,
  }));
  const open = poolSchema.parse({ id: 'shop', backends, sharding });
  const draining: PoolConfig = {
    ...open,
    backends: open.backends.map((backend, i) =>
      i === DRAINED ? { ...backend, state: 'draining' } : backend,
    ),
  };
  return { open, draining };
}
