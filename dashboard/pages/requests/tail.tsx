/** The live list: newest first, with a fixed height, paused while the operator reads it. */
import { Button } from '@cloudflare/kumo/components/button';
import { PauseIcon, PlayIcon } from '@phosphor-icons/react';
import { type FocusEvent, type PointerEvent, type UIEvent, useRef, useState } from 'react';
import { KEPT, type Mapping } from '../../api/requests.ts';
import { Card } from '../../components/card.tsx';
import { ExportMenu } from '../../components/export-menu.tsx';
import { count, plural, zone } from '../../model/format.ts';
import { countNew, keyOf, lineOf } from './request-list.ts';
import { COLUMNS, RequestRow } from './request-row.tsx';

interface TailProps {
  readonly requests: readonly Mapping[];
  /** The details of a request are open: the list waits until they are closed. */
  readonly isHeld: boolean;
  readonly onOpen: (requestId: string) => void;
}

/** Rows drawn while the list is paused; more on demand. */
const STEP = 200;
/** The least height of a row. */
const ROW_PX = 33;

/** The list and its pause. */
export function Tail({ requests, isHeld, onOpen }: TailProps) {
  const { pause, toggle, handlers } = usePause();
  const [rows, setRows] = useState(STEP);
  const shown = useRef(requests);
  if (pause === null && !isHeld) shown.current = requests;
  const list = shown.current;
  const waiting = countNew(list, requests);
  // While it is live only the top is in view, and the next second changes every row below it.
  const drawn = pause === null ? Math.min(rows, Math.ceil(window.innerHeight / ROW_PX)) : rows;
  return (
    <Card className="@container flex flex-col">
      <header className="flex min-h-14 items-center gap-3 px-4 py-2">
        <h2 className="flex-1 truncate font-medium">{heading(list.length, pause, waiting, isHeld)}</h2>
        <ExportMenu name="requests" lines={() => requests.map(lineOf)} />
        <Button
          variant="secondary"
          size="sm"
          icon={pause === 'button' ? PlayIcon : PauseIcon}
          aria-pressed={pause === 'button'}
          onClick={toggle}
        >
          {pause === 'button' ? 'Resume' : 'Pause'}
        </Button>
      </header>
      <div
        aria-hidden="true"
        className={`hidden border-y border-kumo-line px-4 py-1.5 text-xs text-kumo-subtle @4xl:grid ${COLUMNS}`}
      >
        <span>Answered at, {zone(Date.now())}</span>
        <span>Request</span>
        <span>Backend</span>
        <span>Reason</span>
        <span className="text-right">Status</span>
        <span className="text-right">Duration</span>
        <span title="Cloudflare data center">DC</span>
      </div>
      <ol
        {...handlers}
        aria-label="Requests, newest first"
        className="h-[calc(100dvh-26rem)] min-h-96 lg:h-[calc(100dvh-24rem)] 2xl:h-[calc(100dvh-20rem)] overflow-y-auto overscroll-contain border-t border-kumo-line p-1 @4xl:border-t-0"
      >
        {list.slice(0, drawn).map((mapping) => (
          <li
            key={keyOf(mapping)}
            className="[contain-intrinsic-size:auto_2.25rem] [content-visibility:auto]"
          >
            <RequestRow mapping={mapping} onOpen={onOpen} />
          </li>
        ))}
        {list.length > rows && (
          <li className="p-2 text-center">
            <Button variant="ghost" onClick={() => setRows(rows + STEP)}>
              Show {plural(Math.min(STEP, list.length - rows), 'earlier request')}
            </Button>
          </li>
        )}
      </ol>
    </Card>
  );
}

function heading(length: number, pause: Pause, waiting: number, isHeld: boolean): string {
  if (pause === null && !isHeld)
    return length < KEPT ? plural(length, 'request') : `Latest ${count(KEPT)} requests`;
  const why = pause === 'reading' ? 'paused while you read' : 'paused';
  return waiting > 0 ? `${why}, ${count(waiting)} new` : why;
}

/** Why the list is paused: by the button, or by the pointer, focus or scrolling. `null`: it is live. */
type Pause = 'button' | 'reading' | null;

/** The pause, the button's handler, and the list's event handlers. */
function usePause() {
  const [byButton, setByButton] = useState(false);
  const [isReading, setReading] = useState(false);
  const reasons = useRef({ pointed: false, focused: false, scrolled: false });
  const note = (reason: Partial<typeof reasons.current>) => {
    Object.assign(reasons.current, reason);
    const { pointed, focused, scrolled } = reasons.current;
    setReading(pointed || focused || scrolled);
  };
  const pause: Pause = byButton ? 'button' : isReading ? 'reading' : null;
  const handlers = {
    // Touch is left out: a finger that leaves the screen sends no further event.
    onPointerEnter: ({ pointerType }: PointerEvent) => note({ pointed: pointerType === 'mouse' }),
    onPointerLeave: () => note({ pointed: false }),
    onFocus: () => note({ focused: true }),
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent) =>
      note({ focused: currentTarget.contains(relatedTarget) }),
    onScroll: ({ currentTarget }: UIEvent<HTMLElement>) => note({ scrolled: currentTarget.scrollTop > 0 }),
  };
  return { pause, toggle: () => setByButton(!byButton), handlers };
}
