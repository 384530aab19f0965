/** One pool under a day's traffic: a few seconds of every few hours are played request by request. No I/O. */
import { hash32 } from '../../worker/balance/hash.ts';
import type { PoolConfig } from '../../worker/config/schema.ts';
import { ISOLATE_DEADLINE_MS } from '../../worker/lib/timing.ts';
import { type AutoShards, laterShards, ONE_SHARD, shardingInForce } from '../../worker/protocol/sharding.ts';
import { shardFor } from '../../worker/proxy/pool-client/shards.ts';
import { seeded } from '../support/random.ts';
import { EventQueue } from './event-queue.ts';
import { type Continent, curve, type Location, makeLocations, NAMES, roundTripMs } from './geography.ts';
import { type Call, Isolate, type Note } from './isolate.ts';
import { DRAINED, makePools } from './pool.ts';
import { PoolObject } from './pool-object.ts';
import { type Figures, figuresOf, newTally } from './tally.ts';

export interface Settings {
  readonly seed: number;
  readonly sharding: PoolConfig['sharding'];
  readonly locations: number;
  readonly isolates: number;
  /** The day's mean, worldwide. */
  readonly requestsPerSecond: number;
  /** Hours of UTC that are played. */
  readonly hours: readonly number[];
}

/** Of each hour played: leases find their size, then it counts, then a backend is drained. */
export const WINDOW = { warmUpMs: 3_000, measuredMs: 2_000, drainMs: 2_500 } as const;
/** With `sharding: auto` windows warm up longer, the first by this: each doubling of the objects takes five busy seconds. */
const GROWTH_MS = { first: 45_000, later: 6_000 } as const;
/** Of the isolates, in the measured time of each window. */
const VANISHING = 0.01;
/** An isolate goes on without an object that has not answered by then. */
const PATIENCE_MS = ISOLATE_DEADLINE_MS;
const CONTINENT_CODES: Readonly<Record<Continent, string>> = {
  na: 'NA',
  eu: 'EU',
  as: 'AS',
  sa: 'SA',
  oc: 'OC',
  af: 'AF',
};

/** The time when it begins: no time of the product's own stands for never. */
const START = 1_000_000_000;

/** Plays it. The same settings give the same figures. */
export function simulate(settings: Settings): Promise<Figures> {
  const events = new EventQueue(START);
  return events.governTime(() => play(settings, events));
}

async function play(settings: Settings, events: EventQueue): Promise<Figures> {
  const random = seeded(settings.seed);
  const { open, draining } = makePools(settings.sharding);
  const objects = new Map<string, PoolObject>();
  const tally = newTally(open);
  let revision = 1;
  /** What the Directory knows of `sharding: auto`. */
  let shards = ONE_SHARD;
  let isMeasuring = false;
  let answeredAt = Number.POSITIVE_INFINITY;
  let stale = new Map<Isolate, number>();

  const note: Note = (isolate, index, at, waitedMs) => {
    if (isMeasuring) {
      tally.used[index]!++;
      if (waitedMs > 0) {
        tally.waited++;
        tally.waitedMs += waitedMs;
      }
    }
    if (index === DRAINED && at > answeredAt) stale.set(isolate, at - answeredAt);
  };
  const locations = makeLocations(settings.locations, settings.isolates, random);
  const isolates = locations.flatMap((location) =>
    Array.from({ length: location.isolates }, () => {
      const id = random().toString(36);
      const call: Call = (ask) => {
        const object = objectFor(location, id, isolate.autoShards);
        return callTo(object, (roundTripMs(location.continent, object.home) + location.extraMs) / 2)(ask);
      };
      const isolate: Isolate = new Isolate(events, open, revision, call, note);
      return { isolate, location };
    }),
  );

  for (const [n, hour] of settings.hours.entries()) await playWindow(n, hour);
  tally.objects = objects.size;
  return figuresOf(tally, open);

  /** The object that an isolate keeps to; it lives where its first caller is. */
  function objectFor({ continent }: Location, isolate: string, auto: AutoShards): PoolObject {
    const sharding = shardingInForce(settings.sharding, auto);
    const { name } = shardFor(sharding, CONTINENT_CODES[continent], isolate);
    let object = objects.get(name);
    if (!object) {
      const startsAt = /^\d+$/.test(name) ? Number(name) : hash32(name) % 64;
      object = new PoolObject(continent, startsAt, open, revision, (count) => reshard(object!, count));
      object.shards = shards;
      objects.set(name, object);
    }
    return object;
  }

  /** The Directory changes the number of objects, unless it has changed meanwhile, and pushes it to all of them. */
  function reshard(from: PoolObject, count: number): void {
    const known = from.shards.count;
    if (settings.sharding !== 'auto') return;
    events.add(events.now + roundTripMs(NAMES[0]!, from.home) / 2, (now) => {
      if (shards.count !== known) return;
      shards = { count, since: now };
      for (const object of objects.values())
        events.add(now + roundTripMs(NAMES[0]!, object.home) / 2, () => {
          object.shards = laterShards(object.shards, shards);
        });
    });
  }

  function callTo(object: PoolObject, wayMs: number): Call {
    return (ask) => {
      const startedAt = events.now;
      return new Promise((resolve, reject) => {
        const end = (act: () => void) =>
          events.add(events.now + wayMs, () => {
            events.unsettle();
            act();
          });
        events.add(startedAt + wayMs, (arrivedAt) => {
          const doneAt = object.admit(arrivedAt);
          if (doneAt === null) return end(() => reject(new Error('overloaded')));
          events.add(doneAt, (now) => {
            const reply = object.answer(ask, now);
            if (now + wayMs > startedAt + PATIENCE_MS) object.lostSlots += reply.slots.length;
            end(() => resolve(reply));
          });
        });
      });
    };
  }

  async function playWindow(n: number, hour: number): Promise<void> {
    const from = START + n * 3_600_000;
    const growthMs = settings.sharding !== 'auto' ? 0 : n === 0 ? GROWTH_MS.first : GROWTH_MS.later;
    const measuredFrom = from + growthMs + WINDOW.warmUpMs;
    const end = measuredFrom + WINDOW.measuredMs + WINDOW.drainMs;
    for (const { isolate, location } of isolates) {
      const perSecond =
        (settings.requestsPerSecond * location.share * curve(location.continent, hour)) / location.isolates;
      const next = (now: number) => {
        isolate.request(now);
        const at = now + gapMs(perSecond, random);
        if (at < end) events.add(at, next);
      };
      const first = from + gapMs(perSecond, random);
      if (first < end) events.add(first, next);
    }
    await events.runUntil(measuredFrom);
    for (const [i, object] of [...objects.values()].entries()) {
      object.calls.clear();
      object.turnedAway = 0;
      object.lostSlots = 0;
      // Each object loses its memory once in the windows played.
      if (i % settings.hours.length !== n) continue;
      events.add(measuredFrom + WINDOW.measuredMs * random(), (now) => object.evict(now));
    }
    for (const { isolate } of isolates)
      if (random() < VANISHING)
        events.add(measuredFrom + WINDOW.measuredMs * random(), () => {
          tally.lostSlots += isolate.vanish(open, revision);
        });
    isMeasuring = true;
    await events.runUntil(measuredFrom + WINDOW.measuredMs);
    isMeasuring = false;
    tally.seconds += WINDOW.measuredMs / 1_000;
    countCalls();
    drain(measuredFrom + WINDOW.measuredMs);
    await events.runUntil(end);
    tally.staleMs.push(...isolates.map(({ isolate }) => stale.get(isolate) ?? 0));
    stale = new Map();
    answeredAt = Number.POSITIVE_INFINITY;
    revision++;
    for (const object of objects.values()) object.configure(open, revision);
    // Calls under way end; nothing else happens until the next window.
    await events.runUntil(end + 2 * PATIENCE_MS);
  }

  function countCalls(): void {
    for (const object of objects.values()) {
      for (const calls of object.calls.values()) {
        tally.calls += calls;
        tally.peakCalls = Math.max(tally.peakCalls, calls);
      }
      tally.turnedAway += object.turnedAway;
      tally.lostSlots += object.lostSlots;
    }
  }

  /** The Directory, in North America, pushes to all objects and then answers the operator. */
  function drain(at: number): void {
    revision++;
    const newest = revision;
    const ways = [...objects.values()].map((object) => {
      const wayMs = roundTripMs(NAMES[0]!, object.home) / 2;
      events.add(at + wayMs, () => object.configure(draining, newest));
      return 2 * wayMs;
    });
    answeredAt = at + Math.max(...ways);
  }
}

/** The time to the next of events that come independently, `perSecond` on average; in ms. */
const gapMs = (perSecond: number, random: () => number): number =>
  (-Math.log(1 - random()) / perSecond) * 1_000;
