/** One request as a row: two lines on narrow screens, columns on wide ones. */
import { memo } from 'react';
import type { Mapping } from '../../api/requests.ts';
import { MappingPath } from '../../components/mapping-line.tsx';
import { clock, count, exactTime, NONE } from '../../model/format.ts';
import { explainReason } from '../../model/mapping.ts';

/** The columns, shared with the header. */
export const COLUMNS = '@4xl:grid-cols-[8rem_minmax(0,3fr)_minmax(0,2fr)_7rem_3rem_5rem_3rem] @4xl:gap-x-5';

interface RequestRowProps {
  readonly mapping: Mapping;
  readonly onOpen: (requestId: string) => void;
}

/** The row; a click opens the details. It is drawn once, because a recorded request never changes. */
export const RequestRow = memo(function RequestRow({ mapping, onOpen }: RequestRowProps) {
  const { requestId, at, ms, method, host, path, reason, status, colo } = mapping;
  const { words, why } = explainReason(reason);
  const endedAt = at + ms;
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      onClick={() => onOpen(requestId)}
      className={`flex w-full flex-wrap items-baseline gap-x-3 rounded-md px-3 py-1.5 text-left hover:bg-kumo-tint @4xl:grid @4xl:flex-nowrap ${COLUMNS}`}
    >
      <time
        dateTime={new Date(endedAt).toISOString()}
        title={exactTime(endedAt)}
        className="order-4 text-kumo-subtle @4xl:order-none"
      >
        {clock(endedAt)}
      </time>
      <span className="order-1 min-w-0 flex-1 truncate @4xl:order-none" title={`${method} ${host}${path}`}>
        <span className="text-kumo-subtle">{method}</span> <span className="text-kumo-subtle">{host}</span>
        {path}
      </span>
      {/* Ends the first line on narrow screens. */}
      <span aria-hidden="true" className="order-3 basis-full @4xl:hidden" />
      <span className="order-5 min-w-0 truncate @4xl:order-none">
        <MappingPath attempts={mapping.attempts} />
      </span>
      <span
        title={why}
        className="order-6 ml-auto text-kumo-subtle underline decoration-dotted underline-offset-4 @4xl:order-none @4xl:ml-0"
      >
        {words}
      </span>
      <span
        className={`order-2 text-right @4xl:order-none ${status >= 500 ? 'font-medium text-kumo-danger' : ''}`}
      >
        {status}
      </span>
      <span className="order-2 text-right whitespace-nowrap text-kumo-subtle @4xl:order-none">
        {count(ms)} ms
      </span>
      <span className="hidden text-kumo-subtle @4xl:inline">{colo ?? NONE}</span>
    </button>
  );
});
