/** What balancing needs to know of a pool; everything else of a backend is the proxy's business. No I/O. */

/** The operator's intent; the machine's verdict (ejection) is a different fact and lives in `Health`. */
export type BackendState = 'active' | 'draining' | 'disabled';

/** One server as the balancer sees it. `weight` is an integer 0..1000, `tier` 0 is tried first. */
export interface Member {
  readonly id: string;
  readonly weight: number;
  readonly state: BackendState;
  readonly tier: number;
}

/** How one attempt ended. `ms` counts to the response headers, or to the failure. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** The status that the backend answered; absent when it answered none. */
  readonly status?: number;
  readonly ms: number;
}

/**
 * `stalled`: the backend let the request wait while others answered, so another was asked.
 * `client-closed`: the client went away first, which says nothing about the backend.
 */
export type OutcomeKind = 'response' | 'connect-failure' | 'timeout' | 'stalled' | 'client-closed';

/** A source of numbers in [0, 1); injected, so that tests decide. */
export type Random = () => number;
