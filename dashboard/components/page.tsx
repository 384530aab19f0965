/** The frame of every page: title, what is said beside it, actions, and figures that dim when they are old. */
import { type ReactNode, useEffect } from 'react';
import { useStaleSince } from '../live/use-live.ts';
import { LiveDot } from './live-dot.tsx';

interface PageProps {
  readonly title: string;
  /** What the browser's tab says, when it is more than the title. */
  readonly tabTitle?: string;
  /** Beside the title, quietly: policy, revision. */
  readonly facts?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One page. */
export function Page({ title, tabTitle, facts, actions, children }: PageProps) {
  const isStale = useStaleSince() !== null;
  const inTab = `${tabTitle ?? title} · Evenkeel`;
  useEffect(() => {
    document.title = inTab;
  }, [inTab]);
  return (
    <main className="mx-auto flex w-full max-w-[1600px] flex-col gap-6 p-4 md:p-8" id="page">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="mr-auto min-w-0 truncate text-2xl font-semibold text-kumo-default sm:mr-0">{title}</h1>
        <div className="order-last flex basis-full flex-wrap items-center gap-x-4 gap-y-1 text-kumo-subtle sm:order-none sm:flex-1 sm:basis-auto">
          {facts}
        </div>
        <LiveDot />
        {actions}
      </header>
      <div className={`flex flex-col gap-6 ${isStale ? 'opacity-60' : ''}`}>{children}</div>
    </main>
  );
}
