/** One clock for the whole page: a tick a second, only while somebody looks at it. */

const watchers = new Set<() => void>();
let now = Date.now();
let timer = 0;

function tick(): void {
  now = Date.now();
  for (const watcher of watchers) watcher();
}

/** `subscribe` and `snapshot` are made for React's useSyncExternalStore. */
export const clock = {
  subscribe(watcher: () => void): () => void {
    if (watchers.size === 0) {
      now = Date.now();
      timer = window.setInterval(tick, 1_000);
    }
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) window.clearInterval(timer);
    };
  },
  /** Epoch ms at the last tick. */
  snapshot: (): number => now,
};
