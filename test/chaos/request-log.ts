/** What clients and backends saw, and what was done to them, with times by `performance.now()`. No I/O. */
import type { Fault, PoolName } from './schedule.ts';

export const KINDS = ['get', 'put', 'post', 'upload', 'sse', 'websocket', 'pinned', 'broken-off'] as const;
export type Kind = (typeof KINDS)[number];

/** How a request ended for its client. `wrong`: the content is not what was asked for. `left`: the client went away. */
export type End = 'whole' | 'wrong' | 'cut' | 'no answer' | 'silence' | 'left';

export interface ClientRecord {
  readonly id: string;
  readonly pool: PoolName;
  readonly kind: Kind;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly end: End;
  /** Null when no header arrived. */
  readonly status: number | null;
  readonly backend: string | null;
  /** From X-Backend-Attempts: who was asked, and what came of it. */
  readonly attempts: readonly { readonly backend: string; readonly how: string }[];
  /** Of a client with an affinity cookie: the backend that answered when it got it. */
  readonly pinnedTo?: string;
  /** Whether the answer said when to come back. */
  readonly retryAfter: boolean;
  readonly note?: string;
}

/** A request at a backend. */
export interface Arrival {
  readonly id: string;
  readonly pool: PoolName;
  readonly backend: string;
  readonly fault: Fault | null;
  readonly at: number;
}

/** A time during which a backend did something to its requests. */
export interface FaultSpan {
  readonly pool: PoolName;
  readonly backend: string;
  readonly fault: Fault;
  readonly from: number;
  to: number;
}

/** Something done to the configuration, an object or the runtime. */
export interface Action {
  readonly what: string;
  readonly at: number;
  /** Whether memory was lost: counters may lack the last second before. */
  readonly lossy: boolean;
  /** Only the end of what is listed already. */
  readonly isEnd?: boolean;
}

/** From when to when. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export class RequestLog {
  readonly clients: ClientRecord[] = [];
  readonly arrivals = new Map<string, Arrival[]>();
  readonly faults: FaultSpan[] = [];
  /** Ids of requests whose body a backend took to be whole. */
  readonly whole = new Set<string>();
  readonly actions: Action[] = [];
  /** Without a runtime: no request can expect an answer. */
  readonly downtimes: Span[] = [];
  /** This process did not run: every answer was late. */
  readonly stalls: Span[] = [];

  arrive(arrival: Arrival): void {
    const known = this.arrivals.get(arrival.id);
    if (known) known.push(arrival);
    else this.arrivals.set(arrival.id, [arrival]);
  }

  arrivalsOf(id: string): readonly Arrival[] {
    return this.arrivals.get(id) ?? [];
  }

  /** The faults of a backend between two times; a little longer than they last, for broken connections outlive them. */
  faultsDuring(pool: PoolName, backend: string, from: number, to: number): Fault[] {
    return this.faults
      .filter(
        (one) =>
          one.pool === pool && one.backend === backend && one.from <= to && one.to + AFTERMATH_MS >= from,
      )
      .map(({ fault }) => fault);
  }

  wasDown = (from: number, to: number): boolean => meets(this.downtimes, from, to);
  wasStalled = (from: number, to: number): boolean => meets(this.stalls, from, to);
}

const meets = (spans: readonly Span[], from: number, to: number): boolean =>
  spans.some((span) => span.from <= to && span.to >= from);

/** A broken connection is found out so long after its backend is well again. */
export const AFTERMATH_MS = 500;
