/** Signed out in one tab means signed out in all: tabs tell each other. */

const channel = new BroadcastChannel('evenkeel-session');

/** Tells the other tabs. */
export const tellSignedOut = (): void => channel.postMessage('signed-out');

/** Calls `then` when another tab has signed out. Returns what ends it. */
export function onSignedOut(then: () => void): () => void {
  const listener = ({ data }: MessageEvent) => data === 'signed-out' && then();
  channel.addEventListener('message', listener);
  return () => channel.removeEventListener('message', listener);
}
