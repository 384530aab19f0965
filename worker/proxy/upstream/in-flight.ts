/** Counts a request as in flight until its response has ended, for the policy that compares how busy backends are. */
import { policyOf } from '../../balance/policies.ts';
import type { PoolConfig } from '../../config/schema.ts';

/** Whether the pool's policy needs requests in flight. Only such a pool pays for the counting. */
export const countsInFlight = ({ policy }: PoolConfig): boolean => policyOf(policy).countsInFlight === true;

/** Where requests in flight are counted. */
interface Counts {
  readonly sockets: RecentSockets;
  /** Counts a request that starts (1) or ends (-1) at a backend. */
  addInFlight(id: string, change: number): void;
}

/** Statuses whose responses have no body (RFC 9110 6.4.1); a Response of them cannot be made with one. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/**
 * Counts the request at backend `id` until the response body has ended, however it ends, and returns the response to pass
 * on. The runtime pumps the body through a pipe whose end can be observed; no chunk passes through JavaScript. The
 * response must have been fetched with its encoding left alone.
 */
export function countUntilEnd(
  { view, method, ctx }: { readonly view: Counts; readonly method: string; readonly ctx: ExecutionContext },
  id: string,
  response: Response,
): Response {
  const { status, statusText, headers, body } = response;
  if (status === 101) {
    view.sockets.add(id, Date.now());
    return response;
  }
  if (body === null || method === 'HEAD' || WITHOUT_BODY.includes(status)) return response;
  const length = Number(headers.get('content-length') ?? Number.NaN);
  const pipe = Number.isSafeInteger(length) ? new FixedLengthStream(length) : new IdentityTransformStream();
  view.addInFlight(id, 1);
  const end = () => view.addInFlight(id, -1);
  ctx.waitUntil(body.pipeTo(pipe.writable).then(end, end));
  return new Response(pipe.readable, { status, statusText, headers, encodeBody: 'manual' });
}

const MINUTE_MS = 60_000;
/**
 * How many minutes a WebSocket counts as open, the current one included. The Worker cannot see when a WebSocket that it has
 * passed on ends (tried in workerd: events, its state, `request.signal`, a timer in the request's context), and relaying
 * each message would break pings and close codes. A longer time would keep requests away from a backend whose sockets
 * closed long ago.
 */
const OPEN_MINUTES = 5;

/** WebSockets opened in the last minutes, by backend id; all of them count as open. Plain data. */
export class RecentSockets {
  /** Counts per minute, newest first; `minute` is the newest. */
  readonly #opened = new Map<string, { readonly minute: number; readonly counts: readonly number[] }>();

  /** Adds one that was opened at `now`, epoch ms. */
  add(id: string, now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    const own = this.#opened.get(id);
    const passed = own ? Math.max(0, minute - own.minute) : OPEN_MINUTES;
    const gap = new Array<number>(Math.min(passed, OPEN_MINUTES)).fill(0);
    const counts = [...gap, ...(own?.counts ?? [])].slice(0, OPEN_MINUTES);
    counts[0]!++;
    this.#opened.set(id, { minute, counts });
  }

  /** How many may still be open at a backend. `now` in epoch ms. */
  count(id: string, now: number): number {
    const own = this.#opened.get(id);
    if (!own) return 0;
    const age = Math.max(0, Math.floor(now / MINUTE_MS) - own.minute);
    return own.counts.slice(0, Math.max(0, OPEN_MINUTES - age)).reduce((sum, n) => sum + n, 0);
  }

  /** Forgets backends that are not in `ids`. */
  keep(ids: readonly string[]): void {
    for (const id of this.#opened.keys()) if (!ids.includes(id)) this.#opened.delete(id);
  }
}
