/** One attempt: send the request to one backend, wait for headers no longer than allowed, say how it ended. */
import type { Outcome } from '../../balance/types.ts';
import type { Env } from '../../env.ts';
import { msBetween } from '../../lib/time.ts';
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
   * Breaks the connection off when the attempt is given up, for only six may wait for headers at once. It costs a tenth of
   * the path's speed, so first attempts go without: one connection is then left to end with the request.
   */
  readonly isAbortable: boolean;
  /** Notices at once when the client resets its connection, for what counts requests under way must hear of each end. */
  readonly isWatched: boolean;
}

/**
 * How long the client may go unwatched. Most answers are there by then and save the listener, which costs a twelfth of the
 * path's speed. A client that resets its connection sooner leaves no record, and no failure.
 */
const UNWATCHED_MS = 10;

/** Sends a message and classifies what comes back. Never rejects. */
export function attempt(
  upstream: Upstream,
  message: Message,
  { startedAt, timeoutMs, upload, isAbortable, isWatched, mayLeave, tickMs }: Limits,
  client: Request,
  env: Env,
): Promise<AttemptResult> {
  // An upload that is cut must be broken off, so each has one.
  const controller = isAbortable || upload ? new AbortController() : null;
  // One promise for both ends; Promise.race would make four more for every request.
  return new Promise((resolve) => {
    let isOver = false;
    const end = (kind: Outcome['kind'], response: Response | null) => {
      if (isOver) return void response?.body?.cancel();
      isOver = true;
      const ms = msBetween(startedAt, Date.now());
      resolve({ outcome: response ? { kind, status: response.status, ms } : { kind, ms }, response });
      if (!response) controller?.abort();
    };
    const leave = () => end('client-closed', null);
    // The timer is not cleared but finds that it is over: it keeps nothing alive and ends with the request, whereas
    // clearing it sets the request's next timer anew and costs a tenth of the path's speed.
    const check = () => {
      if (isOver) return;
      const leftMs = timeoutMs - (upload ? waitedMs(upload) : msBetween(startedAt, Date.now()));
      if (leftMs <= 0) return end('timeout', null);
      if (mayLeave()) return end('stalled', null);
      setTimeout(check, Math.min(leftMs, tickMs));
    };
    const watch = () => {
      if (isOver) return;
      if (client.signal.aborted) return leave();
      client.signal.addEventListener('abort', leave);
      check();
    };
    if (isWatched) watch();
    else setTimeout(watch, Math.min(UNWATCHED_MS, timeoutMs));
    upload?.whenCut(() => {
      leave();
      // Also when the backend has answered already: it must not take the part for the whole.
      controller?.abort();
    });
    const fail = () => end(client.signal.aborted ? 'client-closed' : 'connect-failure', null);
    try {
      send(upstream, message, env, controller?.signal).then((answer) => end('response', answer), fail);
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
