/** The retry budget: retries at most a share of recent requests, so that an outage is not multiplied. No I/O. */

/** Recent requests and retries in two half-windows. */
export interface Budget {
  startedAt: number;
  requests: [number, number];
  retries: [number, number];
}

const HALF_WINDOW_MS = 5_000;
/** Always allowed in 10 s, so that a quiet pool can fail over at all (Envoy's min_retry_concurrency plays this part). */
export const RETRY_FLOOR = 10;

export const newBudget = (): Budget => ({ startedAt: 0, requests: [0, 0], retries: [0, 0] });

/** Counts one request. `now` in epoch ms. */
export function countRequest(budget: Budget, now: number): void {
  roll(budget, now);
  budget.requests[0]++;
}

/** Takes one retry from the budget. Returns false, and takes nothing, when it is spent. */
export function takeRetry(budget: Budget, percent: number, now: number): boolean {
  roll(budget, now);
  const requests = budget.requests[0] + budget.requests[1];
  const retries = budget.retries[0] + budget.retries[1];
  if (retries >= Math.max(RETRY_FLOOR, (requests * percent) / 100)) return false;
  budget.retries[0]++;
  return true;
}

function roll(budget: Budget, now: number): void {
  const passed = now - budget.startedAt;
  if (passed < HALF_WINDOW_MS) return;
  const recent = passed < 2 * HALF_WINDOW_MS;
  budget.requests = [0, recent ? budget.requests[0] : 0];
  budget.retries = [0, recent ? budget.retries[0] : 0];
  budget.startedAt = recent ? budget.startedAt + HALF_WINDOW_MS : now;
}
