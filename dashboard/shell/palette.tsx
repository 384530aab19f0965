/** The command palette's key (Ctrl-K, Cmd-K), and the palette, which is loaded when it first opens. */
import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { paletteOpen } from './palette-open.ts';

const CommandList = lazy(async () => ({ default: (await import('./command-list.tsx')).CommandList }));

/** Listens for its key everywhere. */
export function Palette() {
  const isOpen = useSyncExternalStore(paletteOpen.subscribe, paletteOpen.snapshot);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      paletteOpen.set(!paletteOpen.snapshot());
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
      paletteOpen.set(false);
    };
  }, []);
  useEffect(() => {
    if (!isOpen) return;
    // By hand, for its own field has the focus before the palette could note who had it.
    return () => void requestAnimationFrame(() => paletteOpen.giveFocusBack());
  }, [isOpen]);
  if (!isOpen) return null;
  return (
    <Suspense fallback={null}>
      <CommandList onClose={() => paletteOpen.set(false)} />
    </Suspense>
  );
}
