/** `npm run bench`: Evenkeel beside a bare pass-through Worker in one runtime; see contract section 8. */
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { type Bed, makeBed } from './bed.ts';
import { burst, type PairedRow, paired, type Row } from './burst.ts';
import { configure, type Group, listGroups, MORE, untilServing } from './contenders.ts';
import { measureFar } from './far.ts';
import { loadGenerator } from './load.ts';
import { printProfile } from './profile.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    /** Of small GETs to the lean Worker and to Evenkeel with its defaults. */
    rounds: { type: 'string', default: '20' },
    /** Of all other rows. */
    'other-rounds': { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    /** Names of rows, separated by commas; the bare Worker always runs. */
    only: { type: 'string', default: '' },
    /** Puts the table into the documentation. */
    write: { type: 'boolean', default: false },
    /** Profiles the bare Worker and the default row instead of comparing all. */
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const otherRounds = Number(values['other-rounds']);
const seconds = Number(values.seconds);
/** V8 goes on optimizing a row's code for about so long; peers need no such time, and a Worker once warm less. */
const WARM_UP_SECONDS = { first: 12, more: 2 };
/** The rows with distant objects. */
const FAR = 'far';
const FAR_SECONDS = 100;
/** wrk takes whole seconds. */
const bareSeconds = Math.max(1, Math.round(seconds / 2));

buildIfNeeded();
const generator = await loadGenerator();
const only = values.only.split(',').filter((name) => name !== '');
if (values.profile) await profile();
else await compare();

/** A bed with every row configured and warm, for as long as `use` takes. */
async function withBed(
  inspected: boolean,
  names: readonly string[],
  use: (bed: Bed, groups: readonly Group[]) => Promise<void>,
): Promise<void> {
  const bed = await makeBed({ inspected, more: MORE });
  try {
    await untilServing(bed);
    await configure(bed);
    const groups = await listGroups(bed, names);
    const warm = new Set<string>();
    for (const contender of groups.flatMap(({ bare, others }) => [bare, ...others])) {
      const { service } = contender;
      if (!service) continue;
      const { first, more } = WARM_UP_SECONDS;
      await burst(bed, contender, warm.has(service) ? more : first, generator);
      warm.add(service);
    }
    await use(bed, groups);
  } finally {
    await bed.stop();
  }
}

async function profile(): Promise<void> {
  await withBed(true, only.length === 0 ? ['default'] : only, async (bed, groups) => {
    for (const contender of groups.flatMap(({ bare, others }) => [bare, ...others]))
      await printProfile(bed.ports, contender, ROOT, () => burst(bed, contender, seconds, generator));
  });
}

/**
 * Each round has a runtime of its own: two isolates with the same code differ for as long as they live, by up to a twentieth, so
 * rounds in one runtime would only repeat its luck.
 */
async function compare(): Promise<void> {
  const bareRows = new Map<string, Row[]>();
  const rows = new Map<string, PairedRow[]>();
  const often = ['lean', 'default'].filter((name) => only.length === 0 || only.includes(name));
  const all = often.length > 0 ? Math.max(rounds, otherRounds) : otherRounds;
  const isOnlyFar = only.length === 1 && only[0] === FAR;
  for (let round = 1; round <= (isOnlyFar ? 0 : all); round++) {
    await withBed(false, round > otherRounds ? often : only, async (bed, groups) => {
      for (const { bare, others } of groups) {
        let before = await burst(bed, bare, bareSeconds, generator);
        add(bareRows, bare.name, before);
        // In turned order, so that no row always follows the same other.
        for (const contender of round % 2 ? others : others.toReversed()) {
          const row = await burst(bed, contender, seconds, generator);
          const after = await burst(bed, bare, bareSeconds, generator);
          add(rows, contender.name, paired(row, before, after));
          add(bareRows, bare.name, after);
          before = after;
        }
      }
    });
    process.stderr.write(`round ${round} of ${all}\n`);
  }
  const far = only.length === 0 || only.includes(FAR) ? await measureFar(FAR_SECONDS) : null;
  report({ bare: bareRows, others: rows, far, generator }, values.write);
}

function add<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name);
  if (list) list.push(item);
  else lists.set(name, [item]);
}
