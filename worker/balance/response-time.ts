/** How long backends take to answer: a mean that follows a rise fast and forgets it within seconds. No I/O. */

/** The estimate for one backend. `ms` 0: nothing is known. */
export interface ResponseTime {
  ms: number;
  /** When it was last brought up to date, epoch ms; before all time: never. */
  at: number;
}

/** The estimate for a backend that has not answered. */
export const newResponseTime = (): ResponseTime => ({ ms: 0, at: Number.NEGATIVE_INFINITY });

/**
 * In this time an old value loses two thirds of its part, in ms. Of the values tried in `npm run simulate -- --policies`,
 * a longer time follows disturbances that move about too late, and a shorter one comes back to a slow backend too often.
 */
const DECAY_MS = 1_500;
/** The part of a rise that one answer brings at least; a fall depends on the time since the last answer alone. */
const RISE = 0.3;

const partLeft = (time: ResponseTime, now: number): number =>
  Math.exp(-Math.max(0, now - time.at) / DECAY_MS);

/**
 * The estimate at `now`, in ms. Without answers it falls: a backend that was slow gets a request now and then, which shows
 * whether it still is. 0: nothing is known.
 */
export const timeAt = (time: ResponseTime, now: number): number => time.ms * partLeft(time, now);

/**
 * Records that an answer took `ms`. The estimate follows a rise with a few answers, however close together, and a fall with
 * time. Finagle's `PeakEwma` takes the peak itself, but where times vary by chance peaks say less than a mean.
 */
export function observeTime(time: ResponseTime, ms: number, now: number): void {
  const part = partLeft(time, now);
  const old = time.ms * part;
  // After a pause little is left of the old value, and the answer counts in full.
  time.ms = ms >= old ? old + Math.max(RISE, 1 - part) * (ms - old) : old + (1 - part) * ms;
  time.at = now;
}

/**
 * Records a failure that took `ms`. It counts as at least the greatest of `costs`, what a request costs at each backend of
 * the pool: one that fails fast attracts nothing. But no more than `limitMs`, what a request may take: where all fail,
 * the costs would rise without end.
 */
export function observeFailure(
  time: ResponseTime,
  ms: number,
  costs: readonly number[],
  limitMs: number,
  now: number,
): void {
  const cost = costs.reduce((a, b) => Math.max(a, b), 0);
  time.ms = Math.max(ms, Math.min(cost, limitMs), timeAt(time, now));
  time.at = now;
}

/** Adopts the estimate of the pool's object, in ms, unless the isolate's own is higher: it may know of more. */
export function adoptTime(time: ResponseTime, ms: number, now: number): void {
  time.ms = Math.max(ms, timeAt(time, now));
  time.at = now;
}
