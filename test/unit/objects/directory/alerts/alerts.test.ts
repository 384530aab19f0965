/** Alerts on SQLite itself and with a clock that the test moves: what is sent, when, in which order, and how often. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AlertConfig, Config } from '../../../../../worker/config/schema.ts';
import {
  Alerts,
  DEADLINE_MS,
  FIRST_PAUSE_MS,
  GIVE_UP_MS,
  LONGEST_PAUSE_MS,
  pauseAfter,
  TRIES_AT_ONCE,
} from '../../../../../worker/objects/directory/alerts/alerts.ts';
import {
  CONDITIONS_KEPT,
  DELIVERIES_KEPT,
  MESSAGES_WAITING,
} from '../../../../../worker/objects/directory/alerts/store.ts';
import type { AlertMessage } from '../../../../../worker/protocol/alert-schemas.ts';
import type { Condition } from '../../../../../worker/protocol/conditions.ts';
import type { AlertHistoryEvent } from '../../../../../worker/protocol/events.ts';
import { openSql } from '../../../../support/sqlite.ts';

const NOW = 1_800_000_000_000;
beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

interface Received {
  readonly url: string;
  readonly at: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly message: AlertMessage;
}

type Receiver = (url: string, signal: AbortSignal) => Promise<number> | number;

const hang: Receiver = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

const alertOf = (fields: Partial<AlertConfig> = {}): AlertConfig => ({
  id: 'ops',
  url: 'https://hooks.example.com/a',
  on: ['pool-down', 'pool-failing', 'backend-out', 'rollout-aborted'],
  pools: [],
  holdMs: 0,
  format: 'json',
  ...fields,
});

/** Alerts whose receivers answer as `receiver` says; an alarm runs them as in the Directory. */
function open(alerts: readonly AlertConfig[] = [alertOf()], secret: string | null = null) {
  const { sql, count } = openSql();
  const received: Received[] = [];
  const events: AlertHistoryEvent[] = [];
  const bed = {
    receiver: (() => 200) as Receiver,
    config: { pools: [], routes: [], alerts: [...alerts] } as Config,
  };
  let alarm: ReturnType<typeof setTimeout> | undefined;
  const host = {
    config: () => bed.config,
    origin: 'https://lb-admin.example.com',
    secret,
    note: (more: readonly AlertHistoryEvent[]) => void events.push(...more),
    waitUntil: () => undefined,
    reschedule: () => {
      clearTimeout(alarm);
      const at = subject.nextAt();
      if (at !== null) alarm = setTimeout(() => subject.run(), Math.max(1, at - Date.now()));
    },
  };
  const post = async (url: string, init: RequestInit): Promise<Response> => {
    const body = String(init.body);
    const status = await bed.receiver(url, init.signal!);
    const headers = init.headers as Record<string, string>;
    received.push({ url, at: Date.now(), headers, body, message: JSON.parse(body) });
    return new Response(null, { status });
  };
  let subject = new Alerts(sql, host, post);
  return {
    bed,
    received,
    events,
    count,
    get alerts() {
      return subject;
    },
    /** As after an eviction: nothing is left but the storage. */
    evict() {
      clearTimeout(alarm);
      subject = new Alerts(sql, host, post);
      host.reschedule();
    },
    states: () => received.map(({ message: { key, state } }) => `${key} ${state}`),
    note: (...conditions: Condition[]) => subject.note('shop/0', conditions),
  };
}

const condition = (event: Condition['event'], backend: string | null = null, pool = 'shop'): Condition => ({
  event,
  pool,
  backend,
  since: Date.now(),
  cause: 'no backend answers',
  figures: { requests: 20, failed: 20 },
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('what begins is sent as firing, what is over as resolved, with one key and one begin', async () => {
  const { note, received } = open();
  note(condition('pool-down'));
  await pass(60_000);
  note();
  await pass(0);
  expect(received.map(({ message }) => message)).toEqual([
    {
      id: expect.stringMatching(/^ops-[0-9a-f-]{36}$/),
      key: 'pool-down/shop',
      event: 'pool-down',
      state: 'firing',
      since: NOW,
      resolvedAt: null,
      at: NOW,
      pool: 'shop',
      backend: null,
      cause: 'no backend answers',
      figures: { requests: 20, failed: 20 },
      url: 'https://lb-admin.example.com/pools/shop',
    },
    expect.objectContaining({
      key: 'pool-down/shop',
      state: 'resolved',
      since: NOW,
      at: NOW + 60_000,
      resolvedAt: NOW + 60_000,
    }),
  ]);
});

test('a condition that is reported again is not sent again', async () => {
  const { note, states } = open();
  for (let i = 0; i < 3; i++) note(condition('backend-out', 'a'));
  await pass(0);
  expect(states()).toEqual(['backend-out/shop/a firing']);
});

test('a condition that several shards see is over when none sees it any more', async () => {
  const { alerts, states } = open();
  for (const shard of ['shop/0', 'shop/1']) alerts.note(shard, [condition('backend-out', 'a')]);
  alerts.note('shop/0', []);
  await pass(0);
  expect(states()).toEqual(['backend-out/shop/a firing']);
  alerts.note('shop/1', []);
  await pass(0);
  expect(states()).toEqual(['backend-out/shop/a firing', 'backend-out/shop/a resolved']);
});

test('a pool that goes on from failing to down has not recovered', async () => {
  const { note, states } = open();
  note(condition('pool-failing'));
  note(condition('pool-down'));
  await pass(0);
  expect(states()).toEqual(['pool-failing/shop firing', 'pool-down/shop firing']);
  note();
  await pass(0);
  expect(states().toSorted()).toEqual([
    'pool-down/shop firing',
    'pool-down/shop resolved',
    'pool-failing/shop firing',
    'pool-failing/shop resolved',
  ]);
});

test.each<[string, Partial<AlertConfig>, string[]]>([
  ['`on`', { on: ['backend-out'] }, ['backend-out/shop/a firing']],
  ['`pools`', { pools: ['other'] }, ['pool-down/other firing']],
  ['both', { on: ['backend-out'], pools: ['other'] }, []],
])('%s says what an alert is about', async (_, fields, sent) => {
  const { note, states } = open([alertOf(fields)]);
  note(condition('pool-down'), condition('backend-out', 'a'), condition('pool-down', null, 'other'));
  await pass(0);
  expect(states()).toEqual(sent);
});

test('with holdMs only what lasts is sent', async () => {
  const { note, received, states } = open([alertOf({ holdMs: 30_000 })]);
  note(condition('pool-down'));
  await pass(29_000);
  note();
  await pass(60_000);
  expect(states()).toEqual([]);
  const since = Date.now();
  note(condition('pool-down'));
  await pass(30_000);
  expect(states()).toEqual(['pool-down/shop firing']);
  expect(received[0]!.message).toMatchObject({ since, at: since + 30_000 });
});

test('an alert that is added while something is wrong is sent, one that is deleted sends nothing more', async () => {
  const { alerts, bed, note, states } = open([]);
  note(condition('pool-down'));
  bed.config = { ...bed.config, alerts: [alertOf()] };
  alerts.evaluate();
  await pass(0);
  expect(states()).toEqual(['pool-down/shop firing']);
  bed.config = { ...bed.config, alerts: [] };
  alerts.evaluate();
  note();
  await pass(GIVE_UP_MS);
  expect(states()).toEqual(['pool-down/shop firing']);
  expect(alerts.nextAt()).toBeNull();
});

describe('receivers that fail', () => {
  test('down for a minute: everything arrives, in order for each key, and resolved never before firing', async () => {
    const { bed, note, states } = open();
    const end = NOW + 60_000;
    bed.receiver = () => {
      if (Date.now() < end) throw new TypeError('connection refused');
      return 204;
    };
    note(condition('backend-out', 'a'));
    await pass(1_000);
    note(condition('backend-out', 'a'), condition('backend-out', 'b'));
    await pass(1_000);
    note(condition('backend-out', 'b'));
    await pass(1_000);
    note(condition('backend-out', 'a'));
    await pass(90_000);
    expect(states().filter((sent) => sent.includes('/a '))).toEqual([
      'backend-out/shop/a firing',
      'backend-out/shop/a resolved',
      'backend-out/shop/a firing',
    ]);
    expect(states().filter((sent) => sent.includes('/b '))).toEqual([
      'backend-out/shop/b firing',
      'backend-out/shop/b resolved',
    ]);
  });

  test.each<[string, Receiver, string, number | null]>([
    ['hangs', hang, `no answer within ${DEADLINE_MS} ms`, null],
    ['answers 500', () => 500, 'status 500', 500],
    ['redirects', () => 302, 'status 302', 302],
    ['refuses', () => Promise.reject(new TypeError('refused')), 'it could not be reached', null],
  ])(
    'a receiver that %s is tried again within 10 s, with growing pauses, and each try is an event',
    async (_, receiver, why, status) => {
      const { bed, events, note } = open();
      bed.receiver = receiver;
      note(condition('pool-down'));
      await pass(120_000);
      const times = events.map(({ at }) => at);
      expect(times[1]! - NOW).toBeLessThanOrEqual(DEADLINE_MS * 2 + FIRST_PAUSE_MS);
      const begins = times.map((at, i) => at - NOW - events[i]!.ms);
      expect(begins[1]).toBeLessThanOrEqual(10_000);
      const pauses = begins.slice(1).map((at, i) => at - begins[i]!);
      expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
      expect(events.map(({ try: n }) => n)).toEqual(events.map((_event, i) => i + 1));
      expect(events[0]).toMatchObject({
        kind: 'alert-failed',
        alert: 'ops',
        key: 'pool-down/shop',
        why,
        status,
      });
    },
  );

  test('a slow one gets everything once', async () => {
    const { bed, note, states } = open();
    bed.receiver = () => new Promise((resolve) => setTimeout(resolve, DEADLINE_MS - 1, 200));
    note(condition('backend-out', 'a'), condition('backend-out', 'b'));
    note();
    await pass(60_000);
    expect(states().toSorted()).toEqual([
      'backend-out/shop/a firing',
      'backend-out/shop/a resolved',
      'backend-out/shop/b firing',
      'backend-out/shop/b resolved',
    ]);
  });

  test('one that hangs holds up no other', async () => {
    const slow = Array.from({ length: 4 }, (_, i) => alertOf({ id: `slow-${i}`, url: `https://slow/${i}` }));
    const { bed, note, received } = open([...slow, alertOf()]);
    bed.receiver = (url, signal) => (url.includes('slow') ? hang(url, signal) : 200);
    note(condition('pool-down'));
    await pass(0);
    expect(received.map(({ url }) => url)).toEqual(['https://hooks.example.com/a']);
  });

  test('one alert has one try under way', async () => {
    const { bed, note } = open();
    let underWay = 0;
    let most = 0;
    bed.receiver = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 100));
      underWay--;
      return 200;
    };
    note(...['a', 'b', 'c', 'd'].map((id) => condition('backend-out', id)));
    await pass(10_000);
    expect(most).toBe(1);
  });

  test('after a day a message is given up, and what was never firing is not resolved', async () => {
    const { bed, events, note, states } = open();
    bed.receiver = () => 503;
    note(condition('pool-down'));
    await pass(GIVE_UP_MS + 2 * LONGEST_PAUSE_MS);
    expect(events.at(-1)).toMatchObject({ kind: 'alert-dropped', why: 'status 503' });
    // Growing pauses: a day of failures is a few dozen tries.
    expect(events.length).toBeLessThan(60);
    bed.receiver = () => 200;
    const before = states().length;
    note();
    await pass(10_000);
    expect(states().slice(before)).toEqual([]);
    note(condition('pool-down'));
    await pass(10_000);
    expect(states().slice(before)).toEqual(['pool-down/shop firing']);
  });

  test('a resolved that waits behind a firing that is given up is not sent either', async () => {
    const { bed, note, states } = open();
    bed.receiver = () => 503;
    note(condition('pool-down'));
    await pass(1_000);
    note();
    await pass(GIVE_UP_MS + 2 * LONGEST_PAUSE_MS);
    bed.receiver = () => 200;
    const before = states().length;
    await pass(2 * LONGEST_PAUSE_MS);
    expect(states().slice(before)).toEqual([]);
    expect(new Set(states())).toEqual(new Set(['pool-down/shop firing']));
  });
});

test('an eviction in the middle of a try loses nothing', async () => {
  const bench = open();
  bench.bed.receiver = hang;
  bench.note(condition('pool-down'));
  await pass(100);
  bench.evict();
  bench.bed.receiver = () => 200;
  await pass(10_000);
  bench.note();
  await pass(0);
  expect(bench.states()).toEqual(['pool-down/shop firing', 'pool-down/shop resolved']);
});

test('pauses double from the first to the longest', () => {
  expect([1, 2, 3, 4].map(pauseAfter)).toEqual([1, 2, 4, 8].map((n) => n * FIRST_PAUSE_MS));
  expect(pauseAfter(100)).toBe(LONGEST_PAUSE_MS);
});

test('the signature is the HMAC of the body, by other code than ours', async () => {
  const secret = 'a secret of this test';
  const { note, received } = open([alertOf()], secret);
  note(condition('pool-down'));
  await pass(0);
  await vi.waitFor(() => expect(received).toHaveLength(1));
  const [{ headers, body }] = received as [Received];
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  expect(headers['x-evenkeel-signature']).toBe(`sha256=${expected}`);
  const unsigned = open();
  unsigned.note(condition('pool-down'));
  await pass(0);
  expect(unsigned.received[0]!.headers).not.toHaveProperty('x-evenkeel-signature');
});

test('Slack gets one text, in which what backends say is no markup', async () => {
  const { note, received } = open([alertOf({ format: 'slack' })]);
  note({ ...condition('backend-out', 'a'), cause: 'status <502> & more' });
  note();
  await pass(0);
  expect(received.map(({ body }) => JSON.parse(body))).toEqual([
    {
      text: ':red_circle: *Backend out*, backend a of pool shop\nstatus &lt;502&gt; &amp; more\nsince 2027-01-15T08:00:00.000Z · <https://lb-admin.example.com/pools/shop|open>',
    },
    { text: expect.stringMatching(/^:large_green_circle: \*Resolved after 0 s: Backend out\*, backend a/) },
  ]);
});

test('a test is sent at once and once, whatever waits', async () => {
  const { alerts, bed, events, note } = open();
  bed.receiver = () => 500;
  note(condition('pool-down'));
  await pass(0);
  expect(await alerts.test('ops')).toMatchObject({
    message: { event: 'test', key: 'test/ops', state: 'firing' },
    trial: { delivered: false, status: 500 },
  });
  expect(await alerts.test('other')).toBeNull();
  expect(events.filter(({ event }) => event === 'test')).toHaveLength(1);
});

describe('limits', () => {
  test('conditions past the limit are ignored', () => {
    const { alerts, count } = open([]);
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    alerts.note(
      'shop/0',
      Array.from({ length: CONDITIONS_KEPT + 2 }, (_, i) => condition('backend-out', `b${i}`)),
    );
    expect(count('alert_conditions')).toBe(CONDITIONS_KEPT);
  });

  test('of more messages than may wait, those that wait longest are dropped with what would resolve them', async () => {
    const { bed, count, events, note, states } = open();
    bed.receiver = hang;
    const ids = Array.from({ length: MESSAGES_WAITING + 3 }, (_, i) => `b${String(i).padStart(4, '0')}`);
    note(...ids.map((id) => condition('backend-out', id)));
    expect(events.map(({ kind, key }) => [kind, key])).toEqual(
      ids.slice(0, 3).map((id) => ['alert-dropped', `backend-out/shop/${id}`]),
    );
    bed.receiver = () => 200;
    note(...ids.slice(3).map((id) => condition('backend-out', id)));
    expect(states()).toEqual([]);
    expect(count('alert_deliveries')).toBe(MESSAGES_WAITING + 3);
  });

  test('of the deliveries that are over, the last are kept', async () => {
    const { alerts, count, note } = open();
    for (let i = 0; i < DELIVERIES_KEPT; i++) {
      note(condition('pool-down'));
      note();
      await pass(0);
    }
    expect(count('alert_deliveries')).toBe(DELIVERIES_KEPT);
    const [report] = alerts.report();
    expect(report).toMatchObject({ id: 'ops', waiting: 0, firing: [] });
    expect(report!.deliveries).toHaveLength(DELIVERIES_KEPT);
  });

  test('tries at once', async () => {
    const many = Array.from({ length: 10 }, (_, i) => alertOf({ id: `a${i}`, url: `https://r/${i}` }));
    const { bed, note } = open(many);
    let underWay = 0;
    bed.receiver = (url, signal) => {
      underWay++;
      return hang(url, signal);
    };
    note(condition('pool-down'));
    await pass(1_000);
    expect(underWay).toBe(TRIES_AT_ONCE);
  });
});
