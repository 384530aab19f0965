/** `npm run simulate`: what a pool costs and how exact it stays on five thousand isolates in three hundred locations. */
import { parseArgs } from 'node:util';
import { markdownOf, writeMeasured } from '../../scripts/support/documents.ts';
import { type Settings, simulate, WINDOW } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rps: { type: 'string', default: '50000' },
    locations: { type: 'string', default: '300' },
    isolates: { type: 'string', default: '5000' },
    /** Puts the table into the documentation. */
    write: { type: 'boolean', default: false },
  },
});
const settings = {
  seed: Number(values.seed),
  locations: Number(values.locations),
  isolates: Number(values.isolates),
  requestsPerSecond: Number(values.rps),
  hours: [0, 6, 12, 18],
};
const seconds = (ms: number) => ms / 1_000;
const assumptions = `Simulated, not measured: ${settings.locations} locations, about ${settings.isolates} isolates, one pool,
${settings.requestsPerSecond} requests a second on the day's average, seed ${settings.seed}.
Of the day, ${seconds(WINDOW.measuredMs)} s at ${settings.hours.join(', ')} h UTC are counted, after ${seconds(WINDOW.warmUpMs)} s of warming up; then a backend is drained.
Each object is evicted once, and 1 % of the isolates vanish in each. Round trips are assumed: 30 ms within a
continent, 90 to 380 ms between two; an object takes 1 ms a call and turns away what would wait longer than 2 s.
A drain is watched for ${seconds(WINDOW.drainMs)} s; calls and slots are those of the seconds that are counted.`;
console.log(`${assumptions}\n`);

const shardings: Settings['sharding'][] = ['none', 'region', 16, 64];
const table: Record<string, Record<string, string | number>> = {};
for (const sharding of shardings) {
  const { callsPerSecond, staleMs, ...figures } = simulate({ ...settings, sharding });
  table[typeof sharding === 'number' ? `${sharding} numbered` : sharding] = {
    objects: figures.objects,
    'calls/s per object': callsPerSecond.mean,
    'peak calls/s': callsPerSecond.peak,
    'calls/request': figures.callsPerRequest.toFixed(3),
    'turned away %': figures.turnedAwayPercent.toFixed(1),
    'waited %': figures.waitedPercent.toFixed(1),
    'wait ms': Math.round(figures.waitedMs),
    'share error %': figures.shareErrorPercent.toFixed(3),
    'drain p50/p99/max ms': `${staleMs.p50}/${staleMs.p99}/${staleMs.max}`,
    'lost slots/M': Math.round(figures.lostSlotsPerMillion),
    '$/M requests': figures.dollarsPerMillion.toFixed(3),
  };
}
console.table(table);
if (values.write) writeMeasured('simulate', `${assumptions}\n\n${markdownOf(table)}`);
