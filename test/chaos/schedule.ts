/** What goes wrong, when and for how long: made of a seed before the run begins. No I/O. */
import { Deck, Random } from '../support/random.ts';

/** What a backend does to every request that comes while it lasts. */
export const FAULTS = [
  'die',
  'hang',
  'stall',
  'cut',
  'reset',
  'garbage',
  '500',
  '503',
  '521',
  '530',
  'trickle',
  'huge headers',
  'close idle',
  'alternates',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Of these the client still gets a whole answer from the backend itself. */
export const HARMLESS: ReadonlySet<Fault> = new Set<Fault>(['stall', 'trickle']);

/** What the operator does while traffic runs; each is put right again at the end of its time. */
export const OPERATIONS = ['weight', 'drain', 'remove', 'replace', 'sharding'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What happens to an object: `abort` and `evict` take its memory, the others leave it. */
export const OBJECT_FAULTS = ['throw', 'throw late', 'slow'] as const;
export const LOSSES = ['evict', 'abort'] as const;
export type ObjectFault = (typeof OBJECT_FAULTS)[number] | (typeof LOSSES)[number];

export type Step = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: 'fault'; readonly pool: PoolName; readonly backend: string; readonly fault: Fault }
  | { readonly kind: 'operate'; readonly what: Operation; readonly backend: string }
  | {
      readonly kind: 'object';
      readonly what: ObjectFault;
      readonly className: 'Pool' | 'Directory';
      readonly pool: string;
    }
  | { readonly kind: 'kill' }
);

/** One storm and the calm after it. In a `lossy` one memory is lost: objects are evicted, the runtime is killed. */
export interface Cycle {
  readonly lossy: boolean;
  readonly stormMs: number;
  readonly steps: readonly Step[];
}

/** Backends by lane: only one of a lane is bad at a time, so that the others of the pool can be counted on. */
const LANES = {
  main: [
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
  ],
  plain: [['a', 'b', 'c']],
  sticky: [['a', 'b', 'c']],
} as const;
type LanePool = keyof typeof LANES;
const LANE_POOLS = Object.keys(LANES) as LanePool[];

/** All pools and their backends. Those beside the lanes: outages.ts, but for two whose backends are always well. */
export const BACKENDS = {
  main: LANES.main.flat(),
  plain: LANES.plain.flat(),
  sticky: LANES.sticky.flat(),
  shielded: ['a', 'b'],
  // Takes over for `shielded`. Its names tell its attempts from those of the pool before.
  spare: ['x', 'y'],
  guarded: ['a', 'b'],
  rolling: ['a', 'b', 'c'],
  quiet: ['a', 'b', 'c'],
  halved: ['a', 'b'],
  // Gets uploads, many of them cut: nothing of them may count against a backend.
  uploads: ['a', 'b', 'c'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type PoolName = keyof typeof BACKENDS;
export const POOLS = Object.keys(BACKENDS) as PoolName[];

/** Faults of the pools that have every default: fewer at a time, as the default retry budget is meant for. */
const PLAIN_FAULTS: readonly Fault[] = ['die', 'reset', '503', '530', 'hang', 'alternates'];

/** Makes the schedule of a run: lossless and lossy storms in turn. */
export function plan(seed: number, cycles: number, stormMs: number): Cycle[] {
  const random = new Random(seed);
  const decks = {
    main: new Deck(FAULTS, random),
    plain: new Deck(PLAIN_FAULTS, random),
    operations: new Deck(OPERATIONS, random),
    objectFaults: new Deck(OBJECT_FAULTS, random),
    losses: new Deck(LOSSES, random),
  };
  return Array.from({ length: cycles }, (_, i) => {
    const lossy = i % 2 === 1;
    const steps = [
      ...LANE_POOLS.flatMap((pool) =>
        LANES[pool].flatMap((backends) =>
          lane(random, stormMs, pool === 'main' ? [300, 700] : [3_000, 4_500], (at) => ({
            ...at,
            kind: 'fault' as const,
            pool,
            backend: random.pick(backends),
            fault: (pool === 'main' ? decks.main : decks.plain).deal(),
          })),
        ),
      ),
      ...lane(random, stormMs, [200, 600], (at) => ({
        ...at,
        kind: 'operate' as const,
        what: decks.operations.deal(),
        backend: random.pick(LANES.main.flat()),
      })),
      ...lane(random, stormMs, [800, 2_000], (at) => ({
        ...at,
        kind: 'object' as const,
        what: lossy ? decks.losses.deal() : decks.objectFaults.deal(),
        className: random.next() < 0.75 ? ('Pool' as const) : ('Directory' as const),
        pool: random.pick(LANE_POOLS),
      })),
      ...(lossy ? [{ kind: 'kill' as const, atMs: Math.round(stormMs * 0.6), forMs: 0 }] : []),
    ];
    return { lossy, stormMs, steps: steps.sort((a, b) => a.atMs - b.atMs) };
  });
}

/** Steps one after the other until the storm is over, with a pause between them. */
function lane<T>(
  random: Random,
  stormMs: number,
  [shortest, longest]: readonly [number, number],
  make: (at: { atMs: number; forMs: number }) => T,
): T[] {
  const steps: T[] = [];
  for (let atMs = random.int(100, Math.min(longest, 1_500)); ; ) {
    const forMs = random.int(700, 1_800);
    if (atMs + forMs > stormMs) return steps;
    steps.push(make({ atMs, forMs }));
    atMs += forMs + random.int(shortest, longest);
  }
}
