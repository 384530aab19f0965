/**
 * The cases by which independent runs judge the failure model, one row each: what happens to the backends, what clients send
 * meanwhile, what they saw, and what must hold. The command and the tests play the same ones.
 */
import { type Actor, hangs, inTurn, startActor } from './actors.ts';
import type { Contender, Served, Setup } from './contenders.ts';
import { breakOff, closedLoop, isFailing, openLoop, type Shot, wait } from './load.ts';

/** `full`: as the table says. `short`: what the row means, in the time that a test has. */
export type Pace = 'full' | 'short';

/** What a play showed. */
export interface Seen {
  /** In words, for the table. */
  readonly says: string;
  /** What must hold and did not, one line each. */
  readonly broken: readonly string[];
}

export interface Part {
  /** Empty for the only part of a row. */
  readonly name: string;
  /** About how long a full play takes. */
  readonly seconds: number;
  play(contender: Contender, pace: Pace): Promise<Seen>;
}

export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly what: string;
  /** What the first version showed when others ran this case against it. */
  readonly first: string;
  readonly must: string;
  readonly parts: readonly Part[];
}

/** Rows whose meaning does not lie in the rate are played at half of it in a test: it shares its machine with others. */
const rateAt = (pace: Pace): number => (pace === 'full' ? 50 : 25);

/** By default `ejection.stallMs`. */
const STALL_MS = 2_000;
/** Less than the shortest wait at a backend that hangs, more than a busy machine makes of an answer. */
const SLOW_MS = 1_500;

/** A play's backends by id, and the balancer in front of them. */
export interface Stage {
  readonly actors: Readonly<Record<string, Actor>>;
  readonly served: Served;
}

let plays = 0;

/** Starts backends named by the letters of `pool` and `spare`, puts the contender before them, and ends all afterwards. */
export async function onStage<T>(
  contender: Contender,
  {
    pool,
    spare = '',
    ...setup
  }: Omit<Partial<Setup>, 'pool' | 'spare'> & {
    readonly pool: string;
    readonly spare?: string;
    readonly keys?: Setup['pool'];
  },
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const start = (ids: string) => Promise.all([...ids].map((id) => startActor(id)));
  const [own, others] = await Promise.all([start(pool), start(spare)]);
  const all = [...own, ...others];
  let served: Served | undefined;
  try {
    const { keys, ...more } = setup;
    served = await contender.serve({
      id: `play-${++plays}`,
      actors: own,
      ...(spare ? { spare: others } : {}),
      ...more,
      pool: keys,
    });
    return await play({ actors: Object.fromEntries(all.map((actor) => [actor.id, actor])), served });
  } finally {
    await served?.stop();
    await Promise.all(all.map((actor) => actor.die()));
  }
}

const countOf = (shots: readonly Shot[]) =>
  `${shots.filter(isFailing).length.toLocaleString('en')} of ${shots.length.toLocaleString('en')} failing`;

/** At most `most` may fail. */
function judgeFailing(shots: readonly Shot[], most: number): Seen {
  const failing = shots.filter(isFailing).length;
  return {
    says: countOf(shots),
    broken: failing <= most ? [] : [`${countOf(shots)}, at most ${most} may: ${statuses(shots)}`],
  };
}

/** `10 × 502, 3 × 504`: of those that fail. */
function statuses(shots: readonly Shot[]): string {
  const counts = new Map<number, number>();
  for (const { status } of shots.filter(isFailing)) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} × ${status || 'no answer'}`).join(', ');
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const longestOf = (shots: readonly Shot[]) => Math.max(0, ...shots.map(({ ms }) => ms));
const slowerThan = (shots: readonly Shot[], limitMs: number) => shots.filter(({ ms }) => ms > limitMs);

/** Probes that failed; the first version called them ejections. */
export async function failedProbes(served: Served): Promise<number> {
  const events = await served.events();
  const named = events.filter(({ kind }) => kind === 'probe-failed').length;
  return named || events.filter(({ kind, ejections }) => kind === 'ejected' && ejections > 1).length;
}

/** All of a pool dies, and another pool stands ready. */
const poolTakesOver = (method: string, most: number): Part => ({
  name: method,
  seconds: 18,
  play: (contender, pace) =>
    onStage(contender, { pool: 'a', spare: 'xy' }, async ({ actors, served }) => {
      await openLoop(served, { perSecond: 20, seconds: 0.5 });
      await actors.a!.die();
      const length = pace === 'full' ? 15 : 8;
      return judgeFailing(await openLoop(served, { perSecond: 20, seconds: length, method }), most);
    }),
});

const twoOfThreeDie = (method: string, most: number): Part => ({
  name: method,
  seconds: 28,
  play: (contender, pace) =>
    onStage(contender, { pool: 'abc' }, async ({ actors, served }) => {
      const perSecond = rateAt(pace);
      await openLoop(served, { perSecond, seconds: 1 });
      await Promise.all([actors.a!.die(), actors.b!.die()]);
      // Past the first probe in either.
      const length = pace === 'full' ? 25 : 13;
      return judgeFailing(await openLoop(served, { perSecond, seconds: length, method }), most);
    }),
});

/** Each outage is longer than a first ejection, so that its probe fails: that is the case, and takes its time in a test too. */
const rollingRestart = (method: string, most: number): Part => ({
  name: method,
  seconds: 82,
  play: (contender, pace) =>
    onStage(contender, { pool: 'abc' }, async ({ actors, served }) => {
      const [beginsAt, length] = pace === 'full' ? [10, 80] : [1, 45];
      const restarts = async () => {
        await wait(beginsAt * 1_000);
        for (const actor of [actors.a!, actors.b!, actors.c!]) {
          await actor.die();
          await wait(12_000);
          await actor.comeBack();
          await wait(2_000);
        }
      };
      const [shots] = await Promise.all([
        openLoop(served, { perSecond: rateAt(pace), seconds: length, method }),
        restarts(),
      ]);
      return judgeFailing(shots, most);
    }),
});

/** 2,000 requests in either: by eight clients in a few seconds, and over forty seconds, so that probes come too. */
const alternates = (name: string, load: (served: Served, pace: Pace) => Promise<Shot[]>): Part => ({
  name,
  seconds: 42,
  play: (contender, pace) =>
    onStage(contender, { pool: 'ab' }, async ({ actors, served }) => {
      actors.a!.act(inTurn(503, 200));
      const { says, broken } = judgeFailing(await load(served, pace), 10);
      return { says: `${says}, ${actors.a!.hits} asked of the bad one`, broken };
    }),
});

/** Ten clients, each with the next request as soon as it has an answer. */
const hangsBeforeTen: Part = {
  name: '',
  seconds: 27,
  play: (contender, pace) =>
    onStage(contender, { pool: 'abc', timeoutMs: 15_000 }, async ({ actors, served }) => {
      await closedLoop(served, { clients: 10, seconds: 1, pauseMs: 20 });
      actors.a!.act(hangs);
      const from = performance.now();
      const length = pace === 'full' ? 22 : 9;
      const shots = await closedLoop(served, { clients: 10, seconds: length, pauseMs: 20 });
      const slow = slowerThan(shots, SLOW_MS);
      const ends = [from, ...shots.filter((shot) => !isFailing(shot)).map((shot) => shot.sentAt + shot.ms)];
      ends.sort((a, b) => a - b);
      const silence = Math.max(...ends.slice(1).map((end, i) => end - ends[i]!));
      const longest = longestOf(shots);
      // A probe that meets the hang again makes one client wait once more.
      const most = 10 + (await failedProbes(served));
      const failing = shots.filter(isFailing).length;
      return {
        says: `${slow.length} waits, the longest ${seconds(longest)}, ${failing} failing, up to ${seconds(silence)} without an answer`,
        broken: [
          ...(slow.length <= most ? [] : [`${slow.length} waits, at most ${most} may be`]),
          ...(longest <= STALL_MS + 1_000 ? [] : [`the longest wait was ${seconds(longest)}`]),
          ...(silence <= STALL_MS + 1_000 ? [] : [`${seconds(silence)} without an answer`]),
          ...(failing === 0 ? [] : [`${failing} failing: ${statuses(shots)}`]),
        ],
      };
    }),
};

const hangsAtARate: Part = {
  name: '',
  seconds: 58,
  play: (contender, pace) =>
    onStage(contender, { pool: 'abc' }, async ({ actors, served }) => {
      await openLoop(served, { perSecond: 50, seconds: 1 });
      actors.a!.act(hangs);
      const length = pace === 'full' ? 25 : 13;
      const shots = await openLoop(served, { perSecond: 50, seconds: length });
      const long = slowerThan(shots, STALL_MS + 1_500);
      const failing = shots.filter(isFailing).length;
      return {
        says: `${long.length} of ${shots.length.toLocaleString('en')} above ${seconds(STALL_MS + 1_500)}, the longest ${seconds(longestOf(shots))}; ${failing} failing`,
        broken: [
          ...(long.length <= 20 ? [] : [`${long.length} waited longer, at most 20 may`]),
          ...(failing === 0 ? [] : [`${failing} failing: ${statuses(shots)}`]),
        ],
      };
    }),
};

const hangsBeforeOne: Part = {
  name: '',
  seconds: 65,
  // A third of the timeout shows the same in a test: it is still longer than two stalls.
  play: (contender, pace) =>
    onStage(
      contender,
      { pool: 'abc', timeoutMs: pace === 'full' ? 15_000 : 5_000 },
      async ({ actors, served }) => {
        const timeoutMs = pace === 'full' ? 15_000 : 5_000;
        await closedLoop(served, { clients: 1, seconds: 0.5, pauseMs: 50 });
        actors.a!.act(hangs);
        const length = pace === 'full' ? 45 : 16;
        const shots = await closedLoop(served, { clients: 1, seconds: length, pauseMs: 50 });
        const waits = slowerThan(shots, SLOW_MS);
        const long = slowerThan(waits, STALL_MS + 1_000);
        const events = await served.events();
        const ejectedAt = events.find(({ kind }) => kind === 'ejected')?.at ?? Number.POSITIVE_INFINITY;
        // When a request began, as the events tell the time; a wait that led to the ejection began before it.
        const before = waits.filter(({ sentAt }) => performance.timeOrigin + sentAt < ejectedAt);
        const failing = shots.filter(isFailing).length;
        const isEjected = ejectedAt !== Number.POSITIVE_INFINITY;
        return {
          says: `waits of ${waits.map(({ ms }) => seconds(ms)).join(', ') || 'no time'} in ${length} s`,
          broken: [
            ...(long.length <= 1 ? [] : [`${long.length} waits above ${seconds(STALL_MS + 1_000)}`]),
            ...(longestOf(shots) <= timeoutMs + 1_000 ? [] : [`a wait of ${seconds(longestOf(shots))}`]),
            ...(before.length <= 3 ? [] : [`${before.length} waits before the ejection`]),
            ...(isEjected ? [] : ['never ejected']),
            ...(failing === 0 ? [] : [`${failing} failing: ${statuses(shots)}`]),
          ],
        };
      },
    ),
};

/** One request each 5 s; a test plays it at a tenth of every time. */
const refusesOnAQuietSite: Part = {
  name: 'POST',
  seconds: 122,
  play: (contender, pace) => {
    const keys = { ejection: { baseMs: 1_000, windowMs: 1_000, maxMs: 30_000 } };
    return onStage(contender, { pool: 'abc', ...(pace === 'short' ? { keys } : {}) }, async (stage) => {
      const { actors, served } = stage;
      await actors.a!.die();
      const length = pace === 'full' ? 120 : 12;
      const shots = await openLoop(served, { perSecond: 24 / length, seconds: length, method: 'POST' });
      const probes = await failedProbes(served);
      const { says, broken } = judgeFailing(shots, 3 + probes);
      return { says: probes > 0 ? `${says}, ${probes} of them probes` : says, broken };
    });
  },
};

/** Backends that got no request for so long are out. */
const OUT_MS = 2_000;

const brokenOffUploads: Part = {
  name: '',
  seconds: 44,
  play: (contender, pace) =>
    onStage(contender, { pool: 'abc' }, async ({ actors, served }) => {
      const length = pace === 'full' ? 40 : 12;
      const attack = async () => {
        for (let round = 0; round < length / 4; round++) {
          const began = performance.now();
          const uploads = Array.from({ length: 30 }, () =>
            breakOff(served, { length: 1_000_000, sent: 1_000, by: 'FIN' }),
          );
          await Promise.all(uploads);
          await wait(4_000 - (performance.now() - began));
        }
      };
      const [shots] = await Promise.all([
        openLoop(served, { perSecond: rateAt(pace), seconds: length }),
        attack(),
      ]);
      const out = Object.keys(actors).filter((id) => longestAbsence(shots, id) > OUT_MS);
      const ejected = (await served.events()).filter(({ kind }) => kind === 'ejected');
      const whole = Object.values(actors).reduce((sum, { wholeUploads }) => sum + wholeUploads, 0);
      const failing = shots.filter(isFailing).length;
      return {
        says: `${out.length || 'none'} out, ${failing} GETs failing`,
        broken: [
          ...(out.length === 0 ? [] : [`without requests for longer than ${OUT_MS} ms: ${out.join(', ')}`]),
          ...ejected.map(({ backend }) => `${backend} was ejected`),
          ...(failing === 0 ? [] : [`${failing} GETs failing: ${statuses(shots)}`]),
          ...(whole === 0 ? [] : [`${whole} broken-off uploads reached a backend as whole`]),
        ],
      };
    }),
};

/** The longest time within the load in which a backend answered nothing. */
function longestAbsence(shots: readonly Shot[], id: string): number {
  const times = shots.map(({ sentAt }) => sentAt);
  const own = shots.filter(({ backend }) => backend === id).map(({ sentAt }) => sentAt);
  const marks = [Math.min(...times), ...own.sort((a, b) => a - b), Math.max(...times)];
  return Math.max(...marks.slice(1).map((at, i) => at - marks[i]!));
}

export const rows: readonly Row[] = [
  {
    name: 'pool-takes-over',
    what: 'pool of one dead backend, `pool:B` stands ready, 20/s for 15 s',
    first: '239 of 300 × 502',
    must: 'at most 3 failing, POST 4',
    parts: [poolTakesOver('GET', 3), poolTakesOver('POST', 4)],
  },
  {
    name: 'two-of-three-die',
    what: '2 of 3 dead, 50/s for 25 s',
    first: '326 of 1,250 failing',
    must: 'at most 3 failing, POST 8',
    parts: [twoOfThreeDie('GET', 3), twoOfThreeDie('POST', 8)],
  },
  {
    name: 'rolling-restart',
    what: 'rolling restart: each of three down for 12 s, the next 2 s later, 50/s',
    first: '163 and 168 of 4,000 failing',
    must: 'at most 3 failing, POST 12',
    parts: [rollingRestart('GET', 3), rollingRestart('POST', 12)],
  },
  {
    name: 'alternates',
    what: 'one of two alternates 503 and 200, 2,000 GETs',
    first: '100 of 2,000 failing',
    must: 'at most 10 failing',
    parts: [
      alternates('8 at once', (served, pace) =>
        closedLoop(served, { clients: 8, count: pace === 'full' ? 2_000 : 1_000, pauseMs: 10 }),
      ),
      alternates('50/s', (served, pace) =>
        openLoop(served, { perSecond: rateAt(pace), seconds: pace === 'full' ? 40 : 13 }),
      ),
    ],
  },
  {
    name: 'hangs-before-ten',
    what: 'one of three hangs, 10 clients in a closed loop, timeout 15 s',
    first: 'no answer from 0.5 s to 15 s',
    must: 'each client waits once, at most stallMs + 1 s; answers flow again by then',
    parts: [hangsBeforeTen],
  },
  {
    name: 'hangs-at-a-rate',
    what: 'one of three hangs, 50 GET/s for 25 s',
    first: '253 slow (15 s), 70 to 81 × 504',
    must: 'at most 20 above stallMs + 1.5 s, 0 failing',
    parts: [hangsAtARate],
  },
  {
    name: 'hangs-before-one',
    what: 'one of three hangs, one client, timeout 15 s',
    first: 'every third request waits 15 s, for ever',
    must: 'one full timeout, then at most twice stallMs, then ejected',
    parts: [hangsBeforeOne],
  },
  {
    name: 'refuses-on-a-quiet-site',
    what: 'one of three refuses, a POST each 5 s, 24 of them',
    first: '8 of 24 failing',
    must: 'at most 3 failing, and one for each failed probe',
    parts: [refusesOnAQuietSite],
  },
  {
    name: 'broken-off-uploads',
    what: '30 broken-off uploads each 4 s beside 50 GET/s',
    first: 'one backend ejected nearly all the time',
    must: 'none out',
    parts: [brokenOffUploads],
  },
];
