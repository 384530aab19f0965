/** A request as it came in, before anything is known of where it goes. No I/O. */
import type { Target } from './routing/target.ts';

export interface Arrival {
  readonly request: Request;
  /** The request's; each look at `request.headers` is a call into the runtime. */
  readonly headers: Headers;
  readonly target: Target;
  readonly requestId: string;
  /** Epoch ms. */
  readonly startedAt: number;
}

const SANE_ID = /^[\w.:=+/@-]{1,128}$/;

/** The client's request id, if it is one that can be put into headers and logs; else null. */
export function saneRequestId(headers: Headers): string | null {
  const id = headers.get('x-request-id');
  return id !== null && SANE_ID.test(id) ? id : null;
}
