/** Selects the pool of a request: the route's own, or one of its split. */
import type { Pin } from '../affinity/cookie.ts';
import { readPin } from '../affinity/cookie.ts';
import type { IncomingRequest } from '../exchange.ts';
import { viewOf } from '../pool-client/isolate.ts';
import type { CompiledRoute } from '../routing/routes.ts';
import { type Split, takePool } from '../routing/split.ts';

/** Returns the id of the pool. It needs a promise only where a cookie may pin the client to a pool of a split. */
export function selectPool(
  { config }: CompiledRoute,
  split: Split | null,
  incoming: IncomingRequest,
): string | Promise<string> {
  if (split === null) return config.pool!;
  const { headers } = incoming;
  const mayBePinned = config.affinity.startsWith('cookie') && headers.has('cookie');
  if (mayBePinned) return selectPinned(config, split, incoming);
  return takePool(split, headers.get('cf-connecting-ip'));
}

/** A client stays in the pool of its newest pin while that has a weight. */
async function selectPinned(
  { affinityCookie: cookie }: CompiledRoute['config'],
  split: Split,
  { headers, startedAt, env }: IncomingRequest,
): Promise<string> {
  const secrets = env.AFFINITY_SECRET ?? '';
  let newest: Pin | null = null;
  for (const [i, pool] of split.pools.entries()) {
    const view = viewOf(pool);
    if (!view || split.weights[i] === 0) continue;
    const scope = { pool, backends: view.config.backends, cookie, secrets };
    const pin = await readPin(headers.get('cookie'), scope, startedAt);
    if (pin && (newest === null || pin.issuedAt > newest.issuedAt)) newest = pin;
  }
  return newest?.pool ?? takePool(split, headers.get('cf-connecting-ip'));
}
