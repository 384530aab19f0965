/** How long a request and each of its attempts may take. No I/O. */
import type { BackendConfig, PoolConfig } from '../../config/schema.ts';
import type { Exchange } from '../exchange.ts';

/** For all attempts together, in ms (contract section 4); a first backend that is granted longer has it. */
export function wholeMs({ route, retry }: Exchange, pool: PoolConfig, first: BackendConfig): number {
  return Math.max(route.timeoutMs ?? pool.timeoutMs, first.timeoutMs ?? 0) * (1 + retry.maxRetries);
}

/** For one attempt's response headers, in ms: the backend's own, else the route's, else the pool's; never past `leftMs`. */
export function attemptMs(
  { route }: Exchange,
  pool: PoolConfig,
  backend: BackendConfig,
  leftMs: number,
): number {
  return Math.max(1, Math.min(backend.timeoutMs ?? route.timeoutMs ?? pool.timeoutMs, leftMs));
}
