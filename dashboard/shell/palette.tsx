/** The command palette: its key (Ctrl-K, Cmd-K), its button, and the list, which is loaded when it first opens. */
import { MagnifyingGlassIcon } from '@phosphor-icons/react';
import { Store, useSelector } from '@tanstack/react-store';
import { lazy, Suspense, useEffect } from 'react';

const CommandList = lazy(async () => ({ default: (await import('./command-list.tsx')).CommandList }));

const KEY = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K';

const isOpen = new Store(false);
/** The element that had the focus when the palette opened. */
let focusedBefore: Element | null = null;

function setOpen(next: boolean): void {
  if (next && !isOpen.get()) focusedBefore = document.activeElement;
  isOpen.setState(() => next);
}

function restoreFocus(): void {
  if (focusedBefore instanceof HTMLElement && focusedBefore.isConnected) focusedBefore.focus();
  focusedBefore = null;
}

/** Opens the palette. */
export function PaletteButton() {
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => setOpen(true)}
      className="mb-2 flex min-h-9 items-center gap-2 rounded-md border border-kumo-line px-3 text-left text-kumo-subtle hover:bg-kumo-tint hover:text-kumo-default"
    >
      <MagnifyingGlassIcon aria-hidden="true" size={16} />
      <span className="flex-1 truncate">Search or run</span>
      <span aria-hidden="true" className="text-xs">
        {KEY}
      </span>
    </button>
  );
}

/** Listens for the key on every page. */
export function Palette() {
  const open = useSelector(isOpen);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpen(!isOpen.get());
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
      setOpen(false);
    };
  }, []);
  useEffect(() => {
    if (!open) return;
    // Done here because the palette's own field takes the focus before the palette could note where it was.
    return () => void requestAnimationFrame(restoreFocus);
  }, [open]);
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <CommandList onClose={() => setOpen(false)} />
    </Suspense>
  );
}
