/** The timeline, one card per day. */
import { Button } from '@cloudflare/kumo/components/button';
import { ClockCounterClockwiseIcon } from '@phosphor-icons/react';
import { useState } from 'react';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { plural } from '../../model/format.ts';
import { byDay, dayName, type Entry } from '../../model/timeline.ts';
import { AlertEntry, PoolEntry, RevisionEntry, RolloutEntry } from './entries.tsx';

interface DaysProps {
  readonly entries: readonly Entry[];
  /** The oldest revision that can be opened and rolled back to. */
  readonly oldestKept: number;
  readonly inForce: number | undefined;
  readonly onOpen: (revision: number) => void;
  readonly onRollBack: (revision: number) => void;
  readonly onClear: () => void;
}

/** Entries drawn at first; more on demand. */
const STEP = 200;

/** The days, newest first. */
export function Days({ entries, oldestKept, inForce, onOpen, onRollBack, onClear }: DaysProps) {
  const [length, setLength] = useState(STEP);
  if (entries.length === 0)
    return (
      <EmptyState icon={ClockCounterClockwiseIcon} title="No matching entries">
        <p>The last 1,000 events are kept: changes, ejections, probes, returns, alerts and rollouts.</p>
        <Button variant="secondary" onClick={onClear}>
          Clear filters
        </Button>
      </EmptyState>
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
                ) : 'alert' in entry.event ? (
                  <AlertEntry event={entry.event} />
                ) : 'route' in entry.event ? (
                  <RolloutEntry event={entry.event} />
                ) : (
                  <PoolEntry event={entry.event} repeats={entry.repeats} />
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
