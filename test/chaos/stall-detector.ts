/** Notes when this process did not run: backends and clients live in it, and answer nothing while it stands still. */
import type { RequestLog } from './request-log.ts';

const BEAT_MS = 100;
/** Half of the shortest time that a backend is given. */
const STALL_MS = 750;
/** What came meanwhile is worked off behind it. */
const AFTERWARDS_MS = 500;

/** Notes every time without a beat in the requestLog until the function returned is called. */
export function detectStalls(requestLog: RequestLog): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > STALL_MS) requestLog.stalls.push({ from: last, to: now + AFTERWARDS_MS });
    last = now;
  }, BEAT_MS);
  return () => clearInterval(timer);
}
