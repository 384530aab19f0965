/** One attempt: send the request to one backend, wait for headers no longer than allowed, say how it ended. */
import type { Outcome } from '../balance/types.ts';
import type { Env } from '../env.ts';
import type { Upstream } from './upstream.ts';

export type AttemptResult = { readonly outcome: Outcome; readonly response: Response | null };

const TIMED_OUT = Symbol('timed out');

/** Sends `upstreamRequest` and classifies what comes back. `timeoutMs` runs to the response headers only. */
export async function attempt(
  upstream: Upstream,
  upstreamRequest: Request,
  timeoutMs: number,
  clientSignal: AbortSignal,
  env: Env,
): Promise<AttemptResult> {
  const startedAt = Date.now();
  const controller = new AbortController();
  // Cleared at the headers: a signal that fires later would cut a stream that is under way.
  const timer = setTimeout(() => controller.abort(TIMED_OUT), timeoutMs);
  const clientLeft = () => controller.abort();
  clientSignal.addEventListener('abort', clientLeft);
  try {
    const response = await send(upstream, upstreamRequest, controller.signal, env);
    return { outcome: { kind: 'response', status: response.status, ms: Date.now() - startedAt }, response };
  } catch {
    // Any throw that is neither our timer nor the client is the backend not being reached (workerd throws a plain Error).
    const kind =
      controller.signal.reason === TIMED_OUT
        ? 'timeout'
        : clientSignal.aborted
          ? 'client-closed'
          : 'connect-failure';
    return { outcome: { kind, ms: Date.now() - startedAt }, response: null };
  } finally {
    clearTimeout(timer);
    clientSignal.removeEventListener('abort', clientLeft);
  }
}

function send(upstream: Upstream, request: Request, signal: AbortSignal, env: Env): Promise<Response> {
  if (upstream.binding !== null) {
    const binding = (env as unknown as Record<string, Fetcher | undefined>)[upstream.binding];
    if (!binding) throw new Error(`no binding ${upstream.binding}`);
    return binding.fetch(request, { signal });
  }
  if (upstream.keepsHost) return fetch(request, { signal, cf: { resolveOverride: upstream.hostname } });
  return fetch(request, { signal });
}
