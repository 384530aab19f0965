/** One clock for the whole page: it ticks every second, and whenever new figures arrive, so that both are drawn at once. */
import { Store } from '@tanstack/react-store';

const SECOND_MS = 1_000;
/** The clock waits this long for figures, and then ticks without them. */
const LATE_MS = 1_300;

/** Epoch ms at the last tick. */
export const now = new Store(Date.now());

let timer = 0;

function tick(nextMs: number): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(tick, nextMs, SECOND_MS);
  now.setState(Date.now);
}

/** Starts the clock. Returns the function that stops it. */
export function startClock(): () => void {
  tick(SECOND_MS);
  return () => window.clearTimeout(timer);
}

/** Ticks now, because new figures have arrived. */
export const tickWithFigures = (): void => tick(LATE_MS);
