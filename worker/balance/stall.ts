/** Detects backends that have stopped answering while others answer, by the requests that wait there. No I/O. */

/** One request that waits for the response headers of a backend. */
export interface Wait {
  /** Epoch ms. */
  readonly startedAt: number;
  /** Its deadline, epoch ms. A wait that is still here later was abandoned when its request ended. */
  readonly endsAt: number;
}

/** What one isolate observes of the requests at one backend. Times are epoch ms; 0: never. */
export interface Waits {
  /** In the order in which they began. */
  readonly waiting: Set<Wait>;
  /** When the backend last answered. */
  answeredAt: number;
  /** The begin of the request that began last among those it answered. */
  answeredBegin: number;
  /** The begin of its last attempt when that failed; 0 when it did not. */
  failedBegin: number;
  /** It stalled, has not answered since, and requests still wait there. */
  stalled: boolean;
}

/** A backend without waiting requests. */
export const newWaits = (): Waits => ({
  waiting: new Set(),
  answeredAt: 0,
  answeredBegin: 0,
  failedBegin: 0,
  stalled: false,
});

/** How many requests must wait at a backend whose last attempt did not fail. */
const WAITING = 3;

/** Ends a wait: the request was answered, failed, or both; neither if its client went away. `now` is epoch ms. */
export function endWait(waits: Waits, wait: Wait, answered: boolean, failed: boolean, now: number): void {
  const { startedAt } = wait;
  waits.waiting.delete(wait);
  if (answered) {
    waits.answeredAt = now;
    if (startedAt > waits.answeredBegin) waits.answeredBegin = startedAt;
  }
  if (answered || failed) waits.failedBegin = failed ? startedAt : 0;
  if (answered || waits.waiting.size === 0) waits.stalled = false;
}

/**
 * Detects and records whether the backend `index` is stalled: its oldest request has waited longer than `stallMs` (0: never),
 * the backend has answered nothing since that request began, another backend has answered a request that began later, and
 * either three requests wait or its last attempt failed. After a failure, an answer elsewhere since that attempt began is
 * enough: a single client has no second request under way.
 */
export function findStall(pool: readonly Waits[], index: number, stallMs: number, now: number): boolean {
  const own = pool[index]!;
  if (stallMs === 0 || own.stalled) return own.stalled;
  let oldest: Wait | null = null;
  for (const wait of own.waiting) {
    if (wait.endsAt < now) own.waiting.delete(wait);
    else if (wait.startedAt > own.answeredAt) {
      oldest = wait;
      break;
    }
  }
  if (!oldest || now - oldest.startedAt <= stallMs) return false;
  const hasFailed = own.failedBegin !== 0;
  if (!hasFailed && own.waiting.size < WAITING) return false;
  const since = hasFailed ? own.failedBegin : oldest.startedAt;
  own.stalled = pool.some((other, i) => i !== index && other.answeredBegin > since);
  return own.stalled;
}
