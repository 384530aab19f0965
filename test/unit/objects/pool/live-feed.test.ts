/** What a Pool object pushes to the Directory, and when it stops because there is no viewer. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Env } from '../../../../worker/env.ts';
import { LiveFeed, MAPPINGS_PER_PUSH } from '../../../../worker/objects/pool/live-feed.ts';
import type { LivePush, ShardStatus } from '../../../../worker/protocol/messages.ts';
import { batchOf } from '../../../support/samples.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A feed whose pushes the test answers: `answers` waits, the oldest first. */
function feedOf() {
  const answers: ((isWatched: boolean) => void)[] = [];
  const directory = { livePush: () => new Promise<boolean>((resolve) => answers.push(resolve)) };
  const env = { DIRECTORY: { getByName: () => directory } } as unknown as Env;
  const feed = new LiveFeed({ pool: 'shop', shard: '0' }, () => ({}) as ShardStatus);
  return {
    feed,
    answers,
    /** How many pushes a change brings about, now and within the next seconds. */
    async pushes() {
      const before = feed.pushes;
      feed.schedule(env, []);
      await vi.advanceTimersByTimeAsync(5_000);
      return feed.pushes - before;
    },
  };
}

test('a feed pushes once there is a viewer, and stops once a push is answered that there is none', async () => {
  const { feed, answers, pushes } = feedOf();
  expect(await pushes()).toBe(0);
  feed.watch();
  expect(await pushes()).toBe(1);
  answers[0]!(false);
  expect(await pushes()).toBe(0);
});

test('an answer of the Directory turns the feed on and off', async () => {
  const { feed, pushes } = feedOf();
  feed.expectAnswer()(true);
  feed.expectAnswer()(false);
  expect(await pushes()).toBe(0);
  feed.expectAnswer()(true);
  expect(await pushes()).toBe(1);
});

test.each([
  { since: 'asked', say: (feed: LiveFeed) => feed.watch() },
  { since: 'answered so', say: (feed: LiveFeed) => feed.expectAnswer()(true) },
])('an answer that there is no viewer is too old once the Directory has $since for one', async ({ say }) => {
  const { feed, pushes } = feedOf();
  const late = feed.expectAnswer();
  say(feed);
  late(false);
  expect(await pushes()).toBe(1);
});

test('the answer to a push does not turn the feed off when a viewer came meanwhile', async () => {
  const { feed, answers, pushes } = feedOf();
  feed.watch();
  expect(await pushes()).toBe(1);
  feed.watch();
  answers[0]!(false);
  expect(await pushes()).toBe(1);
});

describe('limits', () => {
  const statusOf = (requests: number): ShardStatus =>
    ({ revision: 1, shard: '0', backends: [{ id: 'b0', requests, latency: [] }] }) as unknown as ShardStatus;

  test(`about ${MAPPINGS_PER_PUSH} mappings go to the Directory with one push, the newest`, async () => {
    const pushed: LivePush[] = [];
    const directory = {
      livePush: async (push: LivePush) => {
        pushed.push(push);
        return true;
      },
    };
    const env = { DIRECTORY: { getByName: () => directory } } as unknown as Env;
    const feed = new LiveFeed({ pool: 'p0', shard: '0' }, () => statusOf(0));
    feed.watch();
    for (let i = 0; i < 20; i++) feed.schedule(env, [batchOf(i * 64, 64)]);
    await vi.advanceTimersByTimeAsync(1_000);
    const { mappings } = pushed[0]!;
    const count = mappings.reduce((sum, batch) => sum + batch.count, 0);
    expect(count).toBeGreaterThanOrEqual(MAPPINGS_PER_PUSH);
    expect(count).toBeLessThan(MAPPINGS_PER_PUSH + 64);
    expect(mappings.at(-1)).toEqual(batchOf(19 * 64, 64));
  });
});
