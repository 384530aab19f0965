/** `npm run bench`: Evenkeel beside a bare pass-through Worker in one runtime; see contract section 8. */
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { type Bed, makeBed } from './bed.ts';
import { burst, type PairedRow, paired, type Row } from './burst.ts';
import { type Contender, configure, listContenders, MORE, untilServing } from './contenders.ts';
import { loadGenerator } from './load.ts';
import { printProfile } from './profile.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
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
const seconds = Number(values.seconds);
/** V8 goes on optimizing a row's code for about so long; peers need no such time. */
const WARM_UP_SECONDS = 12;
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
  use: (bed: Bed, contenders: readonly Contender[]) => Promise<void>,
): Promise<void> {
  const bed = await makeBed({ inspected, more: MORE });
  try {
    await untilServing(bed);
    await configure(bed);
    const contenders = await listContenders(bed, names);
    for (const contender of contenders)
      if (contender.service) await burst(bed, contender, WARM_UP_SECONDS, generator);
    await use(bed, contenders);
  } finally {
    await bed.stop();
  }
}

async function profile(): Promise<void> {
  await withBed(true, only.length === 0 ? ['default'] : only, async (bed, contenders) => {
    for (const contender of contenders)
      await printProfile(bed.ports, contender, ROOT, () => burst(bed, contender, seconds, generator));
  });
}

/**
 * Each round has a runtime of its own: two isolates with the same code differ for as long as they live, by up to a twentieth, so
 * rounds in one runtime would only repeat its luck.
 */
async function compare(): Promise<void> {
  const bareRows: Row[] = [];
  const rows = new Map<string, PairedRow[]>();
  for (let round = 1; round <= rounds; round++) {
    await withBed(false, only, async (bed, [bare, ...others]) => {
      let before = await burst(bed, bare!, bareSeconds, generator);
      bareRows.push(before);
      // In turned order, so that no row always follows the same other.
      for (const contender of round % 2 ? others : others.toReversed()) {
        const row = await burst(bed, contender, seconds, generator);
        const after = await burst(bed, bare!, bareSeconds, generator);
        const ofRow = rows.get(contender.name) ?? [];
        rows.set(contender.name, [...ofRow, paired(row, before, after)]);
        bareRows.push(after);
        before = after;
      }
    });
    process.stderr.write(`round ${round} of ${rounds}\n`);
  }
  report(bareRows, rows, rounds, generator, values.write);
}
