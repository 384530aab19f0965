/** `npm run bench`: Evenkeel beside a bare pass-through Worker in one runtime; see contract section 8. */
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { makeBed } from './bed.ts';
import { burst, type PairedRow, paired, type Row } from './burst.ts';
import { configure, listContenders, MORE, untilServing } from './contenders.ts';
import { loadGenerator } from './load.ts';
import { printProfile } from './profile.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    /** Names of rows, separated by commas; the bare Worker always runs. */
    only: { type: 'string', default: '' },
    /** Profiles the bare Worker and the default row instead of comparing all. */
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
/** V8 goes on optimizing what is new for about so long. */
const WARM_UP_SECONDS = 5;
/** wrk takes whole seconds. */
const bareSeconds = Math.max(1, Math.round(seconds / 2));

buildIfNeeded();
const generator = await loadGenerator();
const bed = await makeBed({ inspected: values.profile, more: MORE });
try {
  await untilServing(bed);
  await configure(bed);
  const only = values.only.split(',').filter((name) => name !== '');
  const contenders = await listContenders(bed, values.profile && only.length === 0 ? ['default'] : only);
  for (const contender of contenders) await burst(bed, contender, WARM_UP_SECONDS, generator);
  if (values.profile) {
    for (const contender of contenders)
      await printProfile(bed.ports, contender, ROOT, () => burst(bed, contender, seconds, generator));
  } else {
    const [bare, ...others] = contenders;
    const bareRows: Row[] = [];
    const rows = new Map<string, PairedRow[]>(others.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      let before = await burst(bed, bare!, bareSeconds, generator);
      bareRows.push(before);
      // In turned order, so that no row always follows the same other.
      for (const contender of round % 2 ? others : others.toReversed()) {
        const row = await burst(bed, contender, seconds, generator);
        const after = await burst(bed, bare!, bareSeconds, generator);
        rows.get(contender.name)!.push(paired(row, before, after));
        bareRows.push(after);
        before = after;
      }
      process.stderr.write(`round ${round} of ${rounds}\n`);
    }
    report(bareRows, rows, rounds, generator);
  }
} finally {
  bed.stop();
}
