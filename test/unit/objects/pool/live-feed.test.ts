/** What a Pool object pushes to the Directory, and what it believes of whether somebody watches. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../../../../worker/env.ts';
import { LiveFeed } from '../../../../worker/objects/pool/live-feed.ts';
import type { ShardStatus } from '../../../../worker/protocol/messages.ts';

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
      feed.note(env, null);
      await vi.advanceTimersByTimeAsync(5_000);
      return feed.pushes - before;
    },
  };
}

test('a feed pushes once somebody watches, and no more once a push is told that nobody does', async () => {
  const { feed, answers, pushes } = feedOf();
  expect(await pushes()).toBe(0);
  feed.watch();
  expect(await pushes()).toBe(1);
  answers[0]!(false);
  expect(await pushes()).toBe(0);
});

test('an answer of the Directory turns the feed on and off', async () => {
  const { feed, pushes } = feedOf();
  feed.awaitWord()(true);
  feed.awaitWord()(false);
  expect(await pushes()).toBe(0);
  feed.awaitWord()(true);
  expect(await pushes()).toBe(1);
});

test.each([
  { since: 'asked', say: (feed: LiveFeed) => feed.watch() },
  { since: 'answered so', say: (feed: LiveFeed) => feed.awaitWord()(true) },
])(
  'an answer that nobody watches is too old once the Directory has $since on behalf of somebody',
  async ({ say }) => {
    const { feed, pushes } = feedOf();
    const late = feed.awaitWord();
    say(feed);
    late(false);
    expect(await pushes()).toBe(1);
  },
);

test('the answer to a push does not turn the feed off when somebody came while it was under way', async () => {
  const { feed, answers, pushes } = feedOf();
  feed.watch();
  expect(await pushes()).toBe(1);
  feed.watch();
  answers[0]!(false);
  expect(await pushes()).toBe(1);
});
