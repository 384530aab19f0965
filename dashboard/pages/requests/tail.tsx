/** The live list: newest first, of a fixed height, still while somebody reads it. */
import { Button } from '@cloudflare/kumo/components/button';
import { PauseIcon, PlayIcon } from '@phosphor-icons/react';
import { useRef, useState } from 'react';
import { KEPT, type Mapping } from '../../api/requests.ts';
import { Card } from '../../components/card.tsx';
import { count, plural } from '../../model/format.ts';
import { countNew, keyOf } from './held.ts';
import { COLUMNS, RequestRow } from './request-row.tsx';
import { type Pause, usePause } from './use-pause.ts';

interface TailProps {
  readonly requests: readonly Mapping[];
  /** A story is open: the list waits until it is closed. */
  readonly isHeld: boolean;
  readonly onOpen: (requestId: string) => void;
}

/** Rows drawn for who reads; more on demand. */
const STEP = 200;
/** A row is at least this high. */
const ROW_PX = 33;

/** The list and its pause. */
export function Tail({ requests, isHeld, onOpen }: TailProps) {
  const { pause, toggle, handlers } = usePause();
  const [rows, setRows] = useState(STEP);
  const shown = useRef(requests);
  if (pause === null && !isHeld) shown.current = requests;
  const list = shown.current;
  const waiting = countNew(list, requests);
  // While it flows only its top is in view: to draw more would be work that the next second undoes unseen.
  const drawn = pause === null ? Math.min(rows, Math.ceil(window.innerHeight / ROW_PX)) : rows;
  return (
    <Card className="@container flex flex-col">
      <header className="flex min-h-14 items-center gap-3 px-4 py-2">
        <h2 className="flex-1 truncate font-medium">{heading(list.length, pause, waiting, isHeld)}</h2>
        <Button
          variant="secondary"
          size="sm"
          icon={pause === 'button' ? PlayIcon : PauseIcon}
          aria-pressed={pause === 'button'}
          onClick={toggle}
        >
          {pause === 'button' ? 'Go on' : 'Pause'}
        </Button>
      </header>
      <div
        aria-hidden="true"
        className={`hidden border-y border-kumo-line px-4 py-1.5 text-xs text-kumo-subtle @4xl:grid ${COLUMNS}`}
      >
        <span>Answered at</span>
        <span>Request</span>
        <span>Went to</span>
        <span>Why there</span>
        <span className="text-right">Status</span>
        <span className="text-right">Took</span>
        <span>Colo</span>
      </div>
      <ol
        {...handlers}
        aria-label="Requests, newest first"
        className="h-[calc(100dvh-26rem)] min-h-96 lg:h-[calc(100dvh-19.5rem)] overflow-y-auto overscroll-contain border-t border-kumo-line p-1 @4xl:border-t-0"
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
    return length < KEPT ? plural(length, 'request') : `The newest ${count(KEPT)} requests`;
  const why = pause === 'reading' ? 'paused while you read' : 'paused';
  return waiting > 0 ? `${why}, ${count(waiting)} new` : why;
}
