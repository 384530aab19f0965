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
  client: Request,
  env: Env,
): Promise<AttemptResult> {
  const startedAt = Date.now();
  let timer = 0;
  const late = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, TIMED_OUT);
  });
  const answer = send(upstream, upstreamRequest, env);
  try {
    const response = await Promise.race([answer, late]);
    if (response === TIMED_OUT) {
      answer.then(
        (r) => r.body?.cancel(),
        () => undefined,
      );
      return { outcome: { kind: 'timeout', ms: Date.now() - startedAt }, response: null };
    }
    return { outcome: { kind: 'response', status: response.status, ms: Date.now() - startedAt }, response };
  } catch {
    const kind = client.signal.aborted ? 'client-closed' : 'connect-failure';
    return { outcome: { kind, ms: Date.now() - startedAt }, response: null };
  } finally {
    clearTimeout(timer);
  }
}

function send(upstream: Upstream, request: Request, env: Env): Promise<Response> {
  if (upstream.binding !== null) {
    const binding = (env as unknown as Record<string, Fetcher | undefined>)[upstream.binding];
    if (!binding) throw new Error(`no binding ${upstream.binding}`);
    return binding.fetch(request);
  }
  if (upstream.keepsHost) return fetch(request, { cf: { resolveOverride: upstream.hostname } });
  return fetch(request);
}
