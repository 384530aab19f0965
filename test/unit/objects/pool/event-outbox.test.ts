/** Events of a pool on their way to the Directory. */
import { expect, test } from 'vitest';
import { EVENTS_WAITING, EventOutbox } from '../../../../worker/objects/pool/event-outbox.ts';
import type { PoolEvent } from '../../../../worker/protocol/events.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test(`${EVENTS_WAITING} events wait for the Directory; then the oldest go`, () => {
  const events = new EventOutbox();
  events.add(times(EVENTS_WAITING + 5, (i) => ({ at: i }) as PoolEvent));
  expect(events.pending).toHaveLength(EVENTS_WAITING);
  expect(events.pending[0]!.at).toBe(5);
});
