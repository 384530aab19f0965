/** Counts requests as under way until their response has ended, for policies that choose by what backends have to do. */
import type { PoolConfig } from '../../config/schema.ts';

/** Whether a pool chooses by what is under way. Only those pools pay for the counting. */
export const countsUnderWay = ({ policy }: PoolConfig): boolean => policy === 'least-request';

/** Where requests under way are counted. */
interface Counts {
  readonly sockets: OpenSockets;
  /** Counts a request that begins (1) or ends (-1) at a backend. */
  addInFlight(id: string, change: number): void;
}

/** Statuses whose responses have no body (RFC 9110 6.4.1); a Response of them cannot be made with one. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/**
 * Counts a response's request at backend `id` until the body has ended, however it does. The runtime pumps the body through
 * a pipe whose end can be seen, and no chunk of it passes through JavaScript. The response must have been fetched with its
 * encoding left alone. Returns the one to pass on.
 */
export function countToTheEnd(
  counts: Counts,
  id: string,
  method: string,
  response: Response,
  ctx: ExecutionContext,
): Response {
  const { status, statusText, headers, body } = response;
  if (status === 101) {
    counts.sockets.add(id, Date.now());
    return response;
  }
  if (body === null || method === 'HEAD' || WITHOUT_BODY.includes(status)) return response;
  const length = Number(headers.get('content-length') ?? Number.NaN);
  const pipe = Number.isSafeInteger(length) ? new FixedLengthStream(length) : new IdentityTransformStream();
  counts.addInFlight(id, 1);
  const end = () => counts.addInFlight(id, -1);
  ctx.waitUntil(body.pipeTo(pipe.writable).then(end, end));
  return new Response(pipe.readable, { status, statusText, headers, encodeBody: 'manual' });
}

const MINUTE_MS = 60_000;
/**
 * For so many minutes, the present one included, a WebSocket counts as open. The runtime takes one that is passed on out of
 * the Worker's hands: neither its end nor the request's can be seen from then on (tried in workerd: events, its state,
 * `request.signal`, a timer in the request's context), and relaying each message would break pings and close codes.
 * Counting it for longer would keep requests away from a backend whose sockets closed long ago.
 */
const OPEN_MINUTES = 5;

/** WebSockets opened lately, by backend id. Plain data. */
export class OpenSockets {
  /** Counts by minute, the one named first. */
  readonly #opened = new Map<string, { readonly minute: number; readonly counts: readonly number[] }>();

  /** Notes one more at `now`, epoch ms. */
  add(id: string, now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    const own = this.#opened.get(id);
    const passed = own ? Math.max(0, minute - own.minute) : OPEN_MINUTES;
    const gap = new Array<number>(Math.min(passed, OPEN_MINUTES)).fill(0);
    const counts = [...gap, ...(own?.counts ?? [])].slice(0, OPEN_MINUTES);
    counts[0]!++;
    this.#opened.set(id, { minute, counts });
  }

  /** How many may be open at a backend. */
  count(id: string, now: number): number {
    const own = this.#opened.get(id);
    if (!own) return 0;
    const age = Math.max(0, Math.floor(now / MINUTE_MS) - own.minute);
    return own.counts.slice(0, Math.max(0, OPEN_MINUTES - age)).reduce((sum, n) => sum + n, 0);
  }

  /** Forgets the backends that are not in `ids`. */
  keep(ids: readonly string[]): void {
    for (const id of this.#opened.keys()) if (!ids.includes(id)) this.#opened.delete(id);
  }
}
