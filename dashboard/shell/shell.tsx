/** The frame around all pages: navigation on the left (above on small screens), the page on the right. */
import { ListIcon, XIcon } from '@phosphor-icons/react';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ConflictDialog } from '../changes/conflict-dialog.tsx';
import { useProblems } from '../live/use-live.ts';
import { Brand } from './brand.tsx';
import { Navigation } from './navigation.tsx';
import { Palette } from './palette.tsx';

/** The frame. */
export function Shell() {
  const [isOpen, setOpen] = useState(false);
  const { pathname } = useLocation();
  useProblemIcon();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the page changes
  useEffect(() => setOpen(false), [pathname]);
  return (
    <div className="flex min-h-dvh flex-col bg-kumo-canvas text-kumo-default md:flex-row">
      <a href="#page" className="sr-only focus:not-sr-only focus:absolute focus:p-2">
        Skip to content
      </a>
      <aside className="border-kumo-line bg-kumo-base relative md:sticky md:top-0 md:flex md:h-dvh md:w-56 md:shrink-0 md:flex-col md:border-r">
        <div className="flex items-center justify-between border-b border-kumo-line px-4 py-3 md:border-0 md:py-4">
          <Brand />
          <button
            type="button"
            className="inline-flex size-9 items-center justify-center rounded-md hover:bg-kumo-tint md:hidden"
            aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
            aria-expanded={isOpen}
            aria-controls="navigation"
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? <XIcon aria-hidden="true" size={20} /> : <ListIcon aria-hidden="true" size={20} />}
          </button>
        </div>
        <div id="navigation" className={`${isOpen ? 'flex' : 'hidden'} min-h-0 flex-1 flex-col md:flex`}>
          <Navigation />
        </div>
      </aside>
      <div className="min-w-0 flex-1">
        <Outlet />
      </div>
      <Palette />
      <ConflictDialog />
    </div>
  );
}

const CALM = '/icon.svg';
const ALERT = '/icon-alert.svg';

/** Shows a red dot in the tab's icon while a pool has a problem. */
function useProblemIcon(): void {
  const isAlert = useProblems().length > 0;
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (link) link.href = isAlert ? ALERT : CALM;
  }, [isAlert]);
}
