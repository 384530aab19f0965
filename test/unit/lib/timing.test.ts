/** How the intervals of the protocol depend on each other. */
import { expect, test } from 'vitest';
import * as t from '../../../worker/lib/timing.ts';

test.each([
  ['what an isolate knows is no older than a lease', t.FRESH_MS, t.LEASE_TTL_MS],
  ['a lease is over within the promise that a drain is in force', t.LEASE_TTL_MS, t.PROPAGATION_MS],
  ['an isolate asks anew before what it knows is too old', t.RENEW_AHEAD_MS + t.BATCH_MS, t.LEASE_TTL_MS],
  ['a report is sent before it counts as abandoned', t.BATCH_MS + 1, t.ORPHANED_MS],
  [
    'a report arrives, or fails, before its verdicts lapse',
    t.BATCH_MS + t.ISOLATE_DEADLINE_MS,
    t.REPORTED_MS,
  ],
  [
    'an object may wait for the Directory within the deadline',
    t.OBJECT_DEADLINE_MS + 1,
    t.ISOLATE_DEADLINE_MS,
  ],
  ['an object that is away is probed before its back-off ends', t.KNOCK_MS + 1, t.AWAY_MS],
  ['the back-off grows', t.AWAY_MS + 1, t.AWAY_MAX_MS],
  ['a probe is reported before its ejection counts as stale', t.FRESH_MS + t.BATCH_MS, t.STALE_EJECTION_MS],
])('%s', (_, least, most) => {
  expect(least).toBeLessThanOrEqual(most);
});
