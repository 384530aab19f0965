/** The time of the server: a series must end when the server's clock says, whatever this browser's does. */

/** Differences below this are the time that a message takes, in ms. */
const NOISE_MS = 2_000;

let aheadMs = 0;

/** Notes the server's time (epoch ms) in a message that has just arrived. */
export function noteServerTime(at: number): void {
  const ahead = at - Date.now();
  aheadMs = Math.abs(ahead) < NOISE_MS ? 0 : ahead;
}

/** Epoch ms on the server's clock. */
export const serverNow = (): number => Date.now() + aheadMs;
