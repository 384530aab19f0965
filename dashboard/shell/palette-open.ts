/** Whether the command palette is open: the key, the button and the palette itself share it. */

let isOpen = false;
const watchers = new Set<() => void>();

/** For useSyncExternalStore, and for whoever opens it. */
export const paletteOpen = {
  set(next: boolean): void {
    isOpen = next;
    for (const watcher of watchers) watcher();
  },
  snapshot: (): boolean => isOpen,
  subscribe: (watcher: () => void): (() => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};
