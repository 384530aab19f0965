/** The question that a 412 asks: somebody changed the configuration meanwhile; whose change shall stand? */
import type { Change } from './change.ts';

/** A change that was refused because revision `seen` is no longer the one in force. */
export interface Conflict {
  readonly change: Change;
  readonly seen: number;
}

let open: Conflict | null = null;
const watchers = new Set<() => void>();

function set(next: Conflict | null): void {
  open = next;
  for (const watcher of watchers) watcher();
}

/** The open question, for useSyncExternalStore. */
export const conflicts = {
  ask: (conflict: Conflict): void => set(conflict),
  settle: (): void => set(null),
  snapshot: (): Conflict | null => open,
  subscribe: (watcher: () => void): (() => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};
