/** Sends copies of requests to a route's mirror pool: behind the response, once, and whatever comes back is dropped. */
import { take } from '../balance/round-robin.ts';
import type { Exchange } from './exchange.ts';
import type { Forwarding } from './forwarding.ts';
import { viewOf } from './pool-client/isolate.ts';
import type { PoolClient } from './pool-client/pool-client.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { withEdits } from './routing/header-edits.ts';
import { keyHashOf, policyView } from './selection/select-locally.ts';
import { fetchFrom } from './upstream/attempt.ts';
import { buildMessage } from './upstream/message.ts';
import { upstreamUrl } from './upstream/upstream.ts';

/** Copies under way in one isolate at most; a request beyond is not copied. */
export const COPIES_UNDER_WAY = 64;
/** A copy without response headers is given up after this time: the platform ends a request 30 s after its response. */
const COPY_MS = 20_000;

/** When the copies under way left, epoch ms. One that vanished with its request counts until `COPY_MS` have passed. */
let underWay: number[] = [];

/** Sends the copy of a request that is due for one. Never rejects. */
export async function sendCopy(forwarding: Forwarding): Promise<void> {
  const { exchange, body } = forwarding;
  const view = viewOf(exchange.compiled.mirror!.pool);
  if (!view || (body.kind !== 'none' && body.kind !== 'buffered')) return;
  const startedAt = Date.now();
  underWay = underWay.filter((at) => startedAt - at < COPY_MS);
  if (underWay.length >= COPIES_UNDER_WAY) return;
  underWay.push(startedAt);
  if (!view.isKnown(startedAt)) await view.refresh(exchange);
  const index = selectForCopy(exchange, view);
  if (index >= 0) await send(forwarding, view, index);
  const at = underWay.indexOf(startedAt);
  if (at >= 0) underWay.splice(at, 1);
}

/**
 * The pool's next backend in this isolate's own sequence. Copies take no slots and carry no probe: the object hears nothing of
 * how they end.
 */
function selectForCopy(exchange: Exchange, view: PoolView): number {
  const set = view.eligible();
  if (set.mode === 'none') return -1;
  const weights = view.weightsOf(set.indices, Date.now());
  const keyHash = view.config.policy === 'hash' ? keyHashOf(exchange, view) : 0;
  if (view.policy.leased || keyHash === null) return take(view.copyPosition, weights);
  return view.policy.pick(policyView(view, weights, keyHash));
}

async function send({ exchange, body, headers }: Forwarding, view: PoolClient, index: number): Promise<void> {
  const { compiled, target, env } = exchange;
  const backend = view.upstreams[index]!;
  const own = new Headers(withEdits(headers, compiled.requestEdits, exchange, backend.id));
  own.set('x-evenkeel-mirror', '1');
  const message = buildMessage(
    upstreamUrl(backend, target, compiled.rewrite),
    exchange,
    { headers: own, body },
    false,
  );
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), COPY_MS);
  view.recordMirrored(exchange);
  try {
    const response = await fetchFrom(backend, message, env, controller.signal);
    await response.body?.cancel();
  } catch {
    // What becomes of a copy concerns no client, and is no failure of the backend.
  }
  clearTimeout(timer);
}
