/** The frame of an entry: a sign, what happened, when, and what can be done about it. */
import type { Icon } from '@phosphor-icons/react';
import type { ReactNode } from 'react';
import { toneText } from '../../components/state.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';

interface EntryFrameProps {
  readonly Sign: Icon;
  /** Of the sign; the words beside it say the same. */
  readonly tone: 'good' | 'warning' | 'bad' | 'off';
  readonly title: ReactNode;
  readonly at: number;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One entry. */
export function EntryFrame({ Sign, tone, title, at, actions, children }: EntryFrameProps) {
  return (
    <div className="grid grid-cols-[1.25rem_minmax(0,1fr)_auto] items-start gap-x-3 sm:grid-cols-[1.25rem_minmax(0,1fr)_auto_6rem] sm:gap-x-4">
      <Sign aria-hidden="true" size={18} className={`mt-0.5 ${toneText(tone)}`} />
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">{title}</div>
      <span className="text-right whitespace-nowrap text-kumo-subtle sm:col-start-4">
        <TimeAgo at={at} />
      </span>
      <div className="col-start-2 flex min-w-0 flex-wrap items-baseline gap-x-3 break-words text-kumo-subtle">
        {children}
      </div>
      {actions && (
        <div className="col-start-2 mt-1 flex gap-2 sm:col-start-3 sm:row-span-2 sm:row-start-1 sm:mt-0 sm:self-center">
          {actions}
        </div>
      )}
    </div>
  );
}
