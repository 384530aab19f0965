/** The frame of every page: title, facts beside it, the live indicator, actions, and content that dims while it is stale. */
import { type ReactNode, useEffect } from 'react';
import { useConnection, useProblems, useStaleSince, useTicking } from '../live/use-live.ts';
import { clock, duration } from '../model/format.ts';
import { problemsTitle } from '../model/health.ts';

interface PageProps {
  readonly title: string;
  /** Beside the title: policy, revision. */
  readonly facts?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One page. */
export function Page({ title, facts, actions, children }: PageProps) {
  const isStale = useStaleSince() !== null;
  // What is wrong comes first, whatever page is open: an operator may see nothing but the tab.
  const inTab = [problemsTitle(useProblems()), title, 'Evenkeel'].filter((part) => part !== '').join(' · ');
  useEffect(() => {
    document.title = inTab;
  }, [inTab]);
  return (
    <main className="mx-auto flex w-full max-w-[1600px] flex-col gap-6 p-4 pb-28 md:p-8 md:pb-28" id="page">
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

/** Whether the figures on the page are current: `live`, `polling every 2 s`, or for how long there was no update. */
function LiveDot() {
  const { phase, heardAt } = useConnection();
  const staleSince = useStaleSince();
  const silent = useTicking((now) => (staleSince === null ? null : duration(now - staleSince)));
  const [color, text] = silent
    ? ['bg-kumo-warning', `no update for ${silent}, reconnecting`]
    : phase === 'live'
      ? ['bg-kumo-success', 'live']
      : phase === 'polling'
        ? ['bg-kumo-warning', 'polling every 2 s']
        : ['bg-kumo-fill', 'connecting'];
  return (
    <span
      role="status"
      title={heardAt > 0 ? `last update at ${clock(heardAt)}` : 'no update yet'}
      className="inline-flex items-center gap-2 whitespace-nowrap text-kumo-subtle"
    >
      <span aria-hidden="true" className={`size-2 rounded-full ${color}`} />
      {text}
    </span>
  );
}
