/** The part of a pool that balancing works on. No I/O. */

/** What the operator set; the balancer's verdict (ejection) is a different fact, in `Health`. */
export type BackendState = 'active' | 'draining' | 'disabled';

/** One server as the balancer sees it. `weight` is an integer from 0 to 1000; tier 0 is used first. */
export interface Member {
  readonly id: string;
  readonly weight: number;
  readonly state: BackendState;
  readonly tier: number;
}

/** How one attempt ended. `ms` is the time to the response headers, or to the failure. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** The status of the response; absent without a response. */
  readonly status?: number;
  readonly ms: number;
}

/**
 * `stalled`: the request waited while other backends answered, so it was sent to another one.
 * `client-closed`: the client went away first, which says nothing about the backend.
 */
export type OutcomeKind = 'response' | 'connect-failure' | 'timeout' | 'stalled' | 'client-closed';

/** A source of numbers in [0, 1); injected, so that tests control it. */
export type Random = () => number;
