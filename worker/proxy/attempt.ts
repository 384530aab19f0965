/** One attempt: send the request to one backend, wait for headers no longer than allowed, say how it ended. */
import type { Outcome } from '../balance/types.ts';
import type { Env } from '../env.ts';
import { msBetween } from './clock.ts';
import type { Message } from './message.ts';
import type { Upload } from './upload.ts';
import type { Upstream } from './upstream.ts';

export type AttemptResult = { readonly outcome: Outcome; readonly response: Response | null };

/** What one attempt may take. */
export interface Limits {
  /** Now, epoch ms. */
  readonly startedAt: number;
  /** To the response headers; a stream that has begun is never cut. */
  readonly timeoutMs: number;
  /** The body under way: the time that the client takes to send it does not count. */
  readonly upload: Upload | null;
  /** Asked every `tickMs` while the attempt waits: true ends it as stalled. */
  readonly mayLeave: () => boolean;
  readonly tickMs: number;
  /**
   * Breaks the connection off when the time is over, for only six may wait for headers at once. It costs a tenth of the
   * path's speed, so first attempts go without: one connection is then left to end with the request.
   */
  readonly isAbortable: boolean;
}

/** Sends a message and classifies what comes back. Never rejects. */
export function attempt(
  upstream: Upstream,
  message: Message,
  { startedAt, timeoutMs, upload, isAbortable, mayLeave, tickMs }: Limits,
  client: Request,
  env: Env,
): Promise<AttemptResult> {
  const controller = isAbortable ? new AbortController() : null;
  // One promise for both ends; Promise.race would make four more for every request.
  return new Promise((resolve) => {
    let isOver = false;
    const end = (kind: Outcome['kind'], response: Response | null) => {
      isOver = true;
      const ms = msBetween(startedAt, Date.now());
      resolve({ outcome: response ? { kind, status: response.status, ms } : { kind, ms }, response });
    };
    // The timer is not cleared but finds that it is over: it keeps nothing alive and ends with the request, whereas
    // clearing it sets the request's next timer anew and costs a tenth of the path's speed.
    const check = () => {
      if (isOver) return;
      const leftMs = timeoutMs - (upload ? waitedMs(upload) : msBetween(startedAt, Date.now()));
      const kind = leftMs <= 0 ? 'timeout' : mayLeave() ? 'stalled' : null;
      if (kind === null) return void setTimeout(check, Math.min(leftMs, tickMs));
      end(kind, null);
      controller?.abort();
    };
    setTimeout(check, Math.min(timeoutMs, tickMs));
    const take = (answer: Response) => (isOver ? void answer.body?.cancel() : end('response', answer));
    const fail = () => {
      if (!isOver) end(client.signal.aborted ? 'client-closed' : 'connect-failure', null);
    };
    try {
      send(upstream, message, env, controller?.signal).then(take, fail);
    } catch {
      fail();
    }
  });
}

function waitedMs(upload: Upload): number {
  const since = upload.backendsTurnSince();
  return since === null ? 0 : Date.now() - since;
}

function send(upstream: Upstream, message: Message, env: Env, signal?: AbortSignal): Promise<Response> {
  const { input } = message;
  const init = signal ? { ...message.init, signal } : message.init;
  if (upstream.binding !== null) {
    const binding = (env as unknown as Record<string, Fetcher | undefined>)[upstream.binding];
    if (!binding) throw new Error(`no binding ${upstream.binding}`);
    return binding.fetch(input, init);
  }
  if (upstream.keepsHost) return fetch(input, { ...init, cf: { resolveOverride: upstream.hostname } });
  return fetch(input, init);
}
