/** Whether there is room for the backends table; otherwise its rows are cards. */
import { useSyncExternalStore } from 'react';

const room = window.matchMedia('(min-width: 1280px)');

function subscribe(watcher: () => void): () => void {
  room.addEventListener('change', watcher);
  return () => room.removeEventListener('change', watcher);
}

/** Follows the window's width. */
export const useWide = (): boolean => useSyncExternalStore(subscribe, () => room.matches);
