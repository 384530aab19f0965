/** The retry budget: retries are limited to a share of recent and open requests, so that they do not multiply an outage. No I/O. */

/** The counts, in half-windows that are numbered since the epoch. */
export interface Budget {
  /** The number of the present half-window. */
  half: number;
  /** Requests begun, and retries, in the present half-window and in the one before. */
  requests: [number, number];
  retries: [number, number];
  /** Open requests by the half-window in which they began; a ring of the last `OPEN_HALVES`. */
  readonly open: number[];
}

const HALF_WINDOW_MS = 5_000;
/**
 * A request whose context was cut off never ends. So a request counts as open for at most five minutes, which is longer
 * than all its attempts take by default.
 */
const OPEN_HALVES = 60;
/** Retries always allowed in 10 s, so that a pool with little traffic can fail over (like Envoy's min_retry_concurrency). */
export const RETRY_FLOOR = 10;

/** A budget without requests. */
export const newBudget = (): Budget => ({
  half: 0,
  requests: [0, 0],
  retries: [0, 0],
  open: new Array<number>(OPEN_HALVES).fill(0),
});

const halfOf = (at: number): number => Math.floor(at / HALF_WINDOW_MS);

/** Counts a request that began at `startedAt` (epoch ms). */
export function beginRequest(budget: Budget, startedAt: number): void {
  roll(budget, startedAt);
  budget.requests[0]++;
  addOpen(budget, startedAt, 1);
}

/** Ends the request that `beginRequest` counted under this time. */
export function endRequest(budget: Budget, startedAt: number): void {
  addOpen(budget, startedAt, -1);
}

function addOpen({ half, open }: Budget, startedAt: number, change: 1 | -1): void {
  const began = halfOf(startedAt);
  if (half - began < OPEN_HALVES) open[began % OPEN_HALVES]! += change;
}

/** Takes one retry from the budget. Returns false, and takes nothing, when the budget is spent. */
export function takeRetry(budget: Budget, percent: number, now: number): boolean {
  roll(budget, now);
  const retries = budget.retries[0] + budget.retries[1];
  if (retries >= Math.max(RETRY_FLOOR, (countRequests(budget) * percent) / 100)) return false;
  budget.retries[0]++;
  return true;
}

/** Counts the requests that began in the window, and the open ones from before it. */
function countRequests({ half, requests, open }: Budget): number {
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
