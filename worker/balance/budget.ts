/** The retry budget: retries at most a share of the requests lately begun or under way, so that an outage is not multiplied. No I/O. */

/** What is counted, in half-windows that are numbered since the epoch. */
export interface Budget {
  /** The number of the present half-window. */
  half: number;
  /** Requests that began, and retries, in the present half-window and in the one before. */
  requests: [number, number];
  retries: [number, number];
  /** Requests still under way by the half-window in which they began; a ring of the last `OPEN_HALVES`. */
  readonly open: number[];
}

const HALF_WINDOW_MS = 5_000;
/**
 * A request that went down with its isolate's context never ends. So requests are counted as under way for five minutes at
 * most, which is longer than the attempts of one take by default.
 */
const OPEN_HALVES = 60;
/** Always allowed in 10 s, so that a quiet pool can fail over at all (Envoy's min_retry_concurrency plays this part). */
export const RETRY_FLOOR = 10;

export const newBudget = (): Budget => ({
  half: 0,
  requests: [0, 0],
  retries: [0, 0],
  open: new Array<number>(OPEN_HALVES).fill(0),
});

const halfOf = (at: number): number => Math.floor(at / HALF_WINDOW_MS);

/** Counts a request that began at `startedAt`, epoch ms. */
export function beginRequest(budget: Budget, startedAt: number): void {
  roll(budget, startedAt);
  budget.requests[0]++;
  addOpen(budget, startedAt, 1);
}

/** The request that `beginRequest` counted under this time is no longer under way. */
export function endRequest(budget: Budget, startedAt: number): void {
  addOpen(budget, startedAt, -1);
}

function addOpen({ half, open }: Budget, startedAt: number, change: 1 | -1): void {
  const began = halfOf(startedAt);
  if (half - began < OPEN_HALVES) open[began % OPEN_HALVES]! += change;
}

/** Takes one retry from the budget. Returns false, and takes nothing, when it is spent. */
export function takeRetry(budget: Budget, percent: number, now: number): boolean {
  roll(budget, now);
  const retries = budget.retries[0] + budget.retries[1];
  if (retries >= Math.max(RETRY_FLOOR, (countedRequests(budget) * percent) / 100)) return false;
  budget.retries[0]++;
  return true;
}

/** Requests that began in the window, and those from before it that are still under way. */
function countedRequests({ half, requests, open }: Budget): number {
  let earlier = 0;
  for (let age = 2; age < OPEN_HALVES; age++) earlier += open[(half - age + OPEN_HALVES) % OPEN_HALVES]!;
  return requests[0] + requests[1] + earlier;
}

function roll(budget: Budget, now: number): void {
  const half = halfOf(now);
  const passed = half - budget.half;
  if (passed <= 0) return;
  const isNext = passed === 1;
  budget.requests = [0, isNext ? budget.requests[0] : 0];
  budget.retries = [0, isNext ? budget.retries[0] : 0];
  for (let n = 0; n < Math.min(passed, OPEN_HALVES); n++) budget.open[(half - n) % OPEN_HALVES] = 0;
  budget.half = half;
}
