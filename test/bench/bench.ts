/** `npm run bench`: Evenkeel beside a bare pass-through Worker in one runtime; see contract section 8. */
import { parseArgs } from 'node:util';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { makeBed } from './bed.ts';
import { burst, type Row } from './burst.ts';
import { configure, listContenders, untilServing } from './contenders.ts';
import { loadGenerator } from './load.ts';
import { printProfile } from './profile.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    /** Names of rows, separated by commas; the bare Worker always runs. */
    only: { type: 'string', default: '' },
    /** Profiles the bare Worker and the default row instead of comparing all. */
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

buildIfNeeded();
const generator = await loadGenerator();
const bed = await makeBed({ inspected: values.profile });
try {
  await untilServing(bed);
  await configure(bed);
  const only = values.only.split(',').filter((name) => name !== '');
  const contenders = await listContenders(bed, values.profile && only.length === 0 ? ['default'] : only);
  for (const contender of contenders) await burst(bed, contender, 1, generator);
  if (values.profile) {
    for (const contender of contenders)
      await printProfile(bed.ports, contender, ROOT, () => burst(bed, contender, seconds, generator));
  } else {
    const rows = new Map<string, Row[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      // Alternating, and in turned order, so that a noisy minute falls on all alike.
      for (const contender of round % 2 ? contenders : contenders.toReversed())
        rows.get(contender.name)!.push(await burst(bed, contender, seconds, generator));
      process.stderr.write(`round ${round} of ${rounds}\n`);
    }
    report(rows, generator);
  }
} finally {
  bed.stop();
}
