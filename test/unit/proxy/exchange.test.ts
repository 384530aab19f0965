/** What is kept has a limit with a name: each is reached here, and passed, and what comes then makes sense. */
import { expect, test } from 'vitest';
import { accessIdentity, EMAIL_LENGTH } from '../../../worker/api/auth/cloudflare-access.ts';
import { LIMITS } from '../../../worker/config/limits.ts';
import { poolSchema } from '../../../worker/config/schema.ts';
import type { Env } from '../../../worker/env.ts';
import { inPieces, PIECE_LENGTH } from '../../../worker/lib/chunks.ts';
import { addOpened, noVisits, Visitors } from '../../../worker/objects/pool/drain-activity.ts';
import { CAPACITY as EVENTS_WAITING, PoolEvents } from '../../../worker/objects/pool/event-outbox.ts';
import { RecentMappings } from '../../../worker/objects/pool/recent-mappings.ts';
import { ISOLATES_KEPT, Reporters } from '../../../worker/objects/pool/report-dedup.ts';
import { EPOCHS_KEPT, Sequence } from '../../../worker/objects/pool/sequence.ts';
import { inRows, RING_SIZE, readBatches } from '../../../worker/objects/pool/store.ts';
import type { PoolEvent } from '../../../worker/protocol/events.ts';
import type { Mapping } from '../../../worker/protocol/messages.ts';
import {
  describeAttempts,
  type Exchange,
  HOST_KEPT,
  mappingOf,
  PATH_KEPT,
  saneRequestId,
} from '../../../worker/proxy/exchange.ts';
import { recordAttempt, recordMapping } from '../../../worker/proxy/pool-client/outbox.ts';
import { PoolView } from '../../../worker/proxy/pool-client/pool-view.ts';
import { BATCHES_WAITING, CAPACITY } from '../../../worker/proxy/pool-client/reports.ts';
import { drainTimes } from '../../../worker/stats/drain.ts';
import { Series, STEP_MS, STEPS } from '../../../worker/stats/series.ts';
import { IDS_KEPT, TotalsById } from '../../../worker/stats/totals.ts';
import { takeReports } from '../../support/sim/report-taker.ts';

const a = { id: 'a', url: 'https://a.example.net' };
const pool = (more: object = {}) => ({ id: 'shop', backends: [a], ...more });
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test(`an object remembers ${ISOLATES_KEPT} isolates and forgets the longest silent`, () => {
  const reporters = new Reporters();
  for (let i = 0; i <= ISOLATES_KEPT; i++) reporters.isNew(`isolate-${i}`, 1);
  expect(reporters.dump()).toHaveLength(ISOLATES_KEPT);
  expect(reporters.isNew('isolate-1000', 1)).toBe(false);
  expect(reporters.isNew('isolate-0', 1)).toBe(true);
});

test(`totals are kept for ${IDS_KEPT} ids; those of the configuration are never forgotten`, () => {
  const totals = new TotalsById();
  const inUse = (id: string) => id === 'old';
  totals.of('old', inUse).requests = 7;
  for (let i = 0; i < IDS_KEPT + 10; i++) totals.of(`gone-${i}`, inUse).requests++;
  expect(totals.dump()).toHaveLength(IDS_KEPT);
  expect(totals.of('old', inUse).requests).toBe(7);
  expect(totals.dump().map(([id]) => id)).not.toContain('gone-0');
});

test(`slots of an epoch older than the last ${EPOCHS_KEPT} are lost, and the sequence stays whole`, () => {
  const sequence = new Sequence([0, 0], 0);
  sequence.weigh([1, 1]);
  const { epoch } = sequence;
  sequence.lease(1);
  for (let i = 2; i < EPOCHS_KEPT + 2; i++) sequence.weigh([i, 1]);
  const before = [...sequence.position];
  sequence.giveBack(epoch, 0, 1);
  expect(sequence.position).toEqual(before);
  expect(before[0]! + before[1]!).toBe(0);
});

test(`${EVENTS_WAITING} events wait for the Directory; then the oldest go`, () => {
  const events = new PoolEvents();
  events.add(times(EVENTS_WAITING + 5, (i) => ({ at: i }) as PoolEvent));
  expect(events.waiting).toHaveLength(EVENTS_WAITING);
  expect(events.waiting[0]!.at).toBe(5);
});

test('50,000 clients are told apart in an object, each backend has its part; the longest silent are forgotten', () => {
  const visitors = new Visitors(10);
  const clients = times(5_001, (i) => i);
  visitors.add(clients, 1_000);
  expect(visitors.clients(noVisits(), drainTimes({} as Env), 1_001)).toBe(5_000);
  visitors.add([0], 1_002);
  expect(visitors.clients(noVisits(), drainTimes({} as Env), 1_003)).toBe(5_000);
});

test('opened WebSockets are counted in a bounded number of steps, however many there are', () => {
  const visits = noVisits();
  const limits = drainTimes({} as Env);
  for (let i = 0; i < 5_000; i++)
    addOpened(visits, limits, 1 + Math.round((i * limits.webSocketLifeMs) / 1_000));
  expect(visits.opened.length).toBeLessThanOrEqual(50);
});

test(`the series keeps ${STEPS} steps`, () => {
  const series = new Series();
  for (let i = 0; i < 3 * STEPS; i++) series.add('a', false, 1, i * STEP_MS);
  expect(series.dump(3 * STEPS * STEP_MS).steps.length).toBeLessThanOrEqual(STEPS);
});

test('a request id of 128 characters is kept, a longer one is replaced', () => {
  expect(saneRequestId(new Headers({ 'x-request-id': 'x'.repeat(128) }))).toHaveLength(128);
  expect(saneRequestId(new Headers({ 'x-request-id': 'x'.repeat(129) }))).toBeNull();
});

test(`a change bears ${EMAIL_LENGTH} characters of an address, the rest is cut`, async () => {
  const who = (email: string) => {
    const access = { aud: 'a', getIdentity: async () => ({ email }) };
    return accessIdentity(
      { ACCESS_AUD: 'a' } as Env,
      access as unknown as Parameters<typeof accessIdentity>[1],
    );
  };
  const longest = `ada@${'x'.repeat(EMAIL_LENGTH - 4)}`;
  expect(await who(longest)).toBe(longest);
  expect(await who(`${longest}.example`)).toBe(longest);
});

const LONG_ID = 'x'.repeat(63);
const attempts = times(1 + LIMITS.maxRetries, () => ({
  ...{ backend: LONG_ID, outcome: 'connect-failure' as const, status: null, ms: 300_000 },
}));

test('X-Backend-Attempts after the most retries of the longest ids stays below 1 KB', () => {
  expect(describeAttempts(attempts).length).toBeLessThan(1_024);
});

const exchange = (length: number): Exchange =>
  ({
    ...{ requestId: 'x'.repeat(128), startedAt: 1, request: { method: 'OPTIONS' }, route: { id: LONG_ID } },
    ...{ pool: LONG_ID, reason: 'fail-open', attempts },
    target: { host: 'h'.repeat(length), path: `/${'p'.repeat(length)}` },
  }) as unknown as Exchange;

test('a mapping keeps so much of host and path, and is never longer than 4 KB', () => {
  const mapping = mappingOf(exchange(20_000), LONG_ID, 200, 2);
  expect(mapping.host).toHaveLength(HOST_KEPT + 1);
  expect(mapping.path).toHaveLength(PATH_KEPT + 1);
  expect(JSON.stringify(mapping).length).toBeLessThan(4_096);
});

test(`of a shard ${RING_SIZE} mappings are kept and a batch more, the newest; as many wait to be written`, () => {
  const mappings = new RecentMappings(() => []);
  const add = (first: number, count: number) =>
    mappings.add({ count, json: JSON.stringify(times(count, (i) => ({ at: first + i }))) });
  for (let i = 0; i < 40; i++) add(i * 300, 300);
  const unsaved = mappings.takeUnsaved().reduce((sum, { count }) => sum + count, 0);
  expect(unsaved).toBeGreaterThanOrEqual(RING_SIZE);
  expect(unsaved).toBeLessThan(RING_SIZE + 300);
  expect(mappings.newest().map(({ at }) => at)).toEqual(times(RING_SIZE, (i) => 40 * 300 - 1 - i));
  add(40 * 300, 1);
  expect(mappings.newest()[0]!.at).toBe(40 * 300);
  expect(mappings.takeUnsaved()).toHaveLength(1);
});

test('a ring full of the longest mappings goes into rows that SQLite takes, in order', () => {
  const mapping = mappingOf(exchange(20_000), LONG_ID, 200, 2);
  const batches = [64, 1_024, 1, 900].map((count, batch) => {
    const mappings: Mapping[] = times(count, (i) => ({ ...mapping, at: batch * 10_000 + i }));
    return { count, json: JSON.stringify(mappings) };
  });
  const rows = inRows(batches);
  expect(Math.max(...rows.map(({ json }) => json.length))).toBeLessThanOrEqual(PIECE_LENGTH);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(1_989);
  expect(readBatches(rows)).toEqual(readBatches(batches));
});

test('a document is cut into pieces between characters, never inside one', () => {
  const text = `a${'\u{1f600}'.repeat(9)}`;
  const pieces = inPieces(text, 4);
  expect(pieces.join('')).toBe(text);
  expect(pieces.every((piece) => piece.isWellFormed() && piece.length <= 4)).toBe(true);
});

test(`an outbox whose object is away keeps ${CAPACITY} attempts in ${BATCHES_WAITING} batches and counts what it drops`, async () => {
  const view = new PoolView(poolSchema.parse(pool()), 1);
  const object = takeReports();
  const { taken, env, ctx } = object;
  object.isAway = true;
  const mapping = mappingOf(exchange(10), 'a', 200, 2);
  const SENT = 3 * CAPACITY;
  const outcome = { kind: 'response', status: 200, ms: 1 } as const;
  const answered = {
    backend: 'a',
    outcome,
    failed: false,
    isFirst: true,
    isUpgrade: false,
    sentAs: 'in',
    retryAfterMs: 0,
    change: 'none',
    example: null,
  } as const;
  for (let i = 0; i < SENT; i++) {
    recordAttempt(view, answered, Date.now(), env, ctx);
    recordMapping(view, mapping, Date.now(), env, ctx);
    if (i % 600 === 0) await object.settled();
  }
  await object.settled();
  object.isAway = false;
  view.hear({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  for (let i = 0; i < 64; i++) {
    recordAttempt(view, answered, Date.now(), env, ctx);
    recordMapping(view, mapping, Date.now(), env, ctx);
  }
  await object.settled();
  const counted = taken.reduce((sum, batch) => sum + batch.attempts.length, 0);
  const dropped = taken.reduce((sum, batch) => sum + batch.dropped, 0);
  expect(counted + dropped).toBe(SENT + 64);
  expect(counted).toBeLessThanOrEqual(2 * CAPACITY + 64);
  expect(taken.length).toBeLessThanOrEqual(BATCHES_WAITING + 1);
  expect(new Set(taken.map((batch) => batch.sequence)).size).toBe(taken.length);
});
