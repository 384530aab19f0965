/** One clock for the whole page: a tick a second, with the figures where they come, only while somebody looks at it. */

const SECOND_MS = 1_000;
/** Figures that are this late are not waited for. */
const LATE_MS = 1_300;

const watchers = new Set<() => void>();
let now = Date.now();
let timer = 0;

function tick(nextMs: number): void {
  now = Date.now();
  window.clearTimeout(timer);
  timer = window.setTimeout(tick, nextMs, SECOND_MS);
  for (const watcher of watchers) watcher();
}

/** `subscribe` and `snapshot` are made for React's useSyncExternalStore. */
export const clock = {
  subscribe(watcher: () => void): () => void {
    if (watchers.size === 0) {
      now = Date.now();
      timer = window.setTimeout(tick, SECOND_MS, SECOND_MS);
    }
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) window.clearTimeout(timer);
    };
  },
  /** New figures have come: the clock ticks with them, so that all is drawn in one go. */
  beat(): void {
    if (watchers.size > 0) tick(LATE_MS);
  },
  /** Epoch ms at the last tick. */
  snapshot: (): number => now,
};
