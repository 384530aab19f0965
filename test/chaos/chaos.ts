/** `npm run chaos -- --minutes 10 --seed N`: the long run; prints the seed and the table of what clients saw. */
import { parseArgs } from 'node:util';
import { buildIfNeeded } from '../../scripts/support/build.ts';
import { writeMeasured } from '../../scripts/support/documents.ts';
import { tableOf } from './report.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    /** Puts the table into the documentation. */
    write: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run chaos -- [--minutes 10] [--seed N] [--write]');
  process.exit(2);
}
/** A storm of twenty seconds and the calm after it take about this long. */
const CYCLE_MS = 26_000;
/** What workerd and its storage may come to, however long it runs. */
const MOST_MB = 1_024;
const MOST_STORAGE_MB = 20;
const cycles = Math.max(2, Math.round((minutes * 60_000) / CYCLE_MS));

buildIfNeeded();
console.log(`seed ${seed}`);
const { rows, requests, residentMb, storageMb, ...result } = await storm({
  seed,
  cycles,
  stormMs: 20_000,
  clients: 16,
  tell: (line) => console.error(line),
});
const broken = [...result.broken];
const table = tableOf(rows);
const summary = `${requests} requests; workerd at most ${Math.max(...residentMb)} MB resident; storage ${storageMb.toFixed(1)} MB; seed ${seed}`;
console.log(table);
console.log(summary);
if (Math.max(...residentMb) > MOST_MB) broken.push(`memory of workerd came to ${Math.max(...residentMb)} MB`);
if (storageMb > MOST_STORAGE_MB) broken.push(`storage came to ${storageMb} MB`);
for (const line of broken) console.log(`BROKEN: ${line}`);
const verdict = broken.length === 0 ? 'every invariant held' : `${broken.length} broken`;
console.log(verdict);
if (values.write) writeMeasured('chaos', `${summary}; ${verdict}.\n\n${table}`);
process.exit(broken.length === 0 ? 0 : 1);
