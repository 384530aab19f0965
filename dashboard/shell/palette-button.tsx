/** The visible way into the command palette. */
import { MagnifyingGlassIcon } from '@phosphor-icons/react';
import { paletteOpen } from './palette-open.ts';

const KEY = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K';

/** Opens it. */
export function PaletteButton() {
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => paletteOpen.set(true)}
      className="mb-2 flex min-h-9 items-center gap-2 rounded-md border border-kumo-line px-3 text-left text-kumo-subtle hover:bg-kumo-tint hover:text-kumo-default"
    >
      <MagnifyingGlassIcon aria-hidden="true" size={16} />
      <span className="flex-1">Find or do</span>
      <span aria-hidden="true" className="text-xs">
        {KEY}
      </span>
    </button>
  );
}
