/** The time line, a card for each day. */
import { Button } from '@cloudflare/kumo/components/button';
import { ClockCounterClockwiseIcon } from '@phosphor-icons/react';
import { useState } from 'react';
import { Card } from '../../components/card.tsx';
import { Nothing } from '../../components/query-state.tsx';
import { plural } from '../../model/format.ts';
import { byDay, dayName, type Entry } from '../../model/timeline.ts';
import { PoolEntry } from './pool-entry.tsx';
import { RevisionEntry } from './revision-entry.tsx';

interface DaysProps {
  readonly entries: readonly Entry[];
  /** From this revision on one can look at them and go back to them. */
  readonly oldestKept: number;
  readonly inForce: number | undefined;
  readonly onOpen: (revision: number) => void;
  readonly onRollBack: (revision: number) => void;
  readonly onClear: () => void;
}

/** Entries drawn at once; more on demand. */
const STEP = 200;

/** The days, newest first. */
export function Days({ entries, oldestKept, inForce, onOpen, onRollBack, onClear }: DaysProps) {
  const [length, setLength] = useState(STEP);
  if (entries.length === 0)
    return (
      <Card>
        <Nothing Sign={ClockCounterClockwiseIcon} title="Nothing of this kind has happened">
          <p>The last 1,000 events are kept: changes, ejections, probes and returns.</p>
          <Button variant="secondary" onClick={onClear}>
            Show everything
          </Button>
        </Nothing>
      </Card>
    );
  return (
    <>
      {byDay(entries.slice(0, length)).map((day) => (
        <Card key={day.start} title={dayName(day.start, Date.now())}>
          <ol className="flex flex-col divide-y divide-kumo-line px-4 pt-1 pb-2">
            {day.entries.map((entry) => (
              <li key={entry.key} className="py-3">
                {entry.kind === 'revision' ? (
                  <RevisionEntry
                    row={entry.revision}
                    isKept={entry.revision.revision >= oldestKept}
                    isInForce={entry.revision.revision === inForce}
                    onOpen={onOpen}
                    onRollBack={onRollBack}
                  />
                ) : (
                  <PoolEntry event={entry.event} />
                )}
              </li>
            ))}
          </ol>
        </Card>
      ))}
      {entries.length > length && (
        <Button variant="secondary" className="self-center" onClick={() => setLength(length + STEP)}>
          Show {plural(Math.min(STEP, entries.length - length), 'earlier entry', 'earlier entries')}
        </Button>
      )}
    </>
  );
}
