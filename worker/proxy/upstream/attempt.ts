/** One attempt: sends the request to one backend, waits for the response headers within the limits, classifies the result. */
import type { Outcome } from '../../balance/types.ts';
import type { Env } from '../../env.ts';
import { msBetween } from '../../lib/time.ts';
import type { IncomingRequest } from '../exchange.ts';
import type { Message } from './message.ts';
import type { Upload } from './upload.ts';
import type { CompiledBackend } from './upstream.ts';

export type AttemptResult = { readonly outcome: Outcome; readonly response: Response | null };

/** How one attempt is sent and how long it may take. */
export interface AttemptOptions {
  /** Now, epoch ms. */
  readonly startedAt: number;
  /** Limit for the response headers; a response that has begun is never aborted. */
  readonly timeoutMs: number;
  /** The body, if it streams: time spent waiting for the client does not count. */
  readonly upload: Upload | null;
  /** Called every `tickMs` while the attempt waits; as what it is given up, or null. */
  readonly giveUp: () => 'stalled' | 'timeout' | null;
  readonly tickMs: number;
  /**
   * Aborts the connection when the attempt is given up, because only six may wait for headers at once. This costs a tenth
   * of the path's speed, so first attempts go without it: one connection may then stay open until the request ends.
   */
  readonly isAbortable: boolean;
  /** Detects at once that the client reset its connection, which a count of requests in flight needs. */
  readonly watchesClient: boolean;
}

/**
 * How long the client is not watched. Most responses arrive by then and save the listener, which costs a twelfth of the
 * path's speed. A client that resets its connection sooner leaves no record and no failure.
 */
const UNWATCHED_MS = 10;

/** Sends a message and classifies what comes back. Never rejects. */
export function sendMessage(
  backend: CompiledBackend,
  message: Message,
  { startedAt, timeoutMs, upload, isAbortable, watchesClient, giveUp, tickMs }: AttemptOptions,
  { request: client, env }: IncomingRequest,
): Promise<AttemptResult> {
  // When the client aborts an upload, the backend's request must be aborted too.
  const controller = isAbortable || upload ? new AbortController() : null;
  // One promise for every way to end; Promise.race would make four more for every request.
  return new Promise((resolve) => {
    let isOver = false;
    const end = (kind: Outcome['kind'], response: Response | null) => {
      if (isOver) return void response?.body?.cancel();
      isOver = true;
      const ms = msBetween(startedAt, Date.now());
      resolve({ outcome: response ? { kind, status: response.status, ms } : { kind, ms }, response });
      if (!response) controller?.abort();
    };
    const onClientGone = () => end('client-closed', null);
    // The timer is never cleared; it finds `isOver` instead. It keeps nothing alive and ends with the request, whereas
    // clearing it makes the runtime reschedule the request's next timer and costs a tenth of the path's speed.
    const check = () => {
      if (isOver) return;
      const leftMs = timeoutMs - (upload ? waitedMs(upload) : msBetween(startedAt, Date.now()));
      if (leftMs <= 0) return end('timeout', null);
      const kind = giveUp();
      if (kind) return end(kind, null);
      setTimeout(check, Math.min(leftMs, tickMs));
    };
    const watch = () => {
      if (isOver) return;
      if (client.signal.aborted) return onClientGone();
      client.signal.addEventListener('abort', onClientGone);
      check();
    };
    if (watchesClient) watch();
    else setTimeout(watch, Math.min(UNWATCHED_MS, timeoutMs));
    upload?.onClientAbort(() => {
      onClientGone();
      // Even after the backend has responded: it must not take a part of the body for the whole.
      controller?.abort();
    });
    const fail = () => end(client.signal.aborted ? 'client-closed' : 'connect-failure', null);
    try {
      fetchFrom(backend, message, env, controller?.signal).then(
        (response) => end('response', response),
        fail,
      );
    } catch {
      fail();
    }
  });
}

function waitedMs(upload: Upload): number {
  const since = upload.waitingForBackendSince();
  return since === null ? 0 : Date.now() - since;
}

/** Sends a message to a backend, through its binding if it has one. */
export function fetchFrom(
  backend: CompiledBackend,
  message: Message,
  env: Env,
  signal?: AbortSignal,
): Promise<Response> {
  const { input } = message;
  const init = signal ? { ...message.init, signal } : message.init;
  if (backend.binding !== null) {
    const binding = (env as unknown as Record<string, Fetcher | undefined>)[backend.binding];
    if (!binding) throw new Error(`no binding ${backend.binding}`);
    return binding.fetch(input, init);
  }
  if (backend.keepsHost) return fetch(input, { ...init, cf: { resolveOverride: backend.hostname } });
  return fetch(input, init);
}
