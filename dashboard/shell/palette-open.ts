/** Whether the command palette is open: the key, the button and the palette itself share it. */

let isOpen = false;
let before: Element | null = null;
const watchers = new Set<() => void>();

/** For useSyncExternalStore, and for whoever opens it. */
export const paletteOpen = {
  set(next: boolean): void {
    if (next && !isOpen) before = document.activeElement;
    isOpen = next;
    for (const watcher of watchers) watcher();
  },
  /** Gives the focus back to who had it before, if that is still there. */
  giveFocusBack(): void {
    if (before instanceof HTMLElement && before.isConnected) before.focus();
    before = null;
  },
  snapshot: (): boolean => isOpen,
  subscribe: (watcher: () => void): (() => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};
