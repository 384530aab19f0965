/**
 * `npm run simulate`: what a pool costs and how exact it stays on five thousand isolates in three hundred locations; `--json`
 * prints the figures as JSON. With `--policies`: what each policy makes of slow, paused, disturbed and failing backends.
 */
import { parseArgs } from 'node:util';
import { markdownOf, writeMeasured } from '../../scripts/support/documents.ts';
import {
  ASSUMED,
  COMPARED,
  type Compared,
  type Figures,
  play,
  SCENARIOS,
  type Scenario,
} from './policies.ts';
import { type Settings, simulate, WINDOW } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rps: { type: 'string', default: '50000' },
    locations: { type: 'string', default: '300' },
    isolates: { type: 'string', default: '5000' },
    /** Compares the policies instead. */
    policies: { type: 'boolean', default: false },
    /** Prints the figures as JSON, and nothing else. */
    json: { type: 'boolean', default: false },
    /** One value of `sharding` instead of all. */
    sharding: { type: 'string', default: '' },
    /** Puts the table into the documentation. */
    write: { type: 'boolean', default: false },
  },
});
/** Runs of each scenario with each policy. */
const RUNS = 3;
const seconds = (ms: number) => ms / 1_000;
if (values.policies) comparePolicies();
else await simulatePool();

/** Plays every scenario with every policy. */
function comparePolicies(): void {
  const assumptions = `Simulated, not measured, means of ${RUNS} runs from seed ${values.seed} on: backends that work at ${ASSUMED.workers} requests at once, each ${ASSUMED.serviceMs} ms on average,
and then at those that wait. ${seconds(ASSUMED.measuredMs)} s are counted after ${seconds(ASSUMED.warmUpMs)} s of warming up. A request has failed when it is not answered within
${seconds(ASSUMED.timeoutMs)} s. The policies are on their own here: no ejection, no retry. An isolate reports as the product does, and the
object is ${ASSUMED.wayMs} ms away. Antagonists slow a third of twelve backends down to a third, others every five seconds.`;
  console.log(`${assumptions}\n`);
  const rows: Record<string, Record<string, string | number>> = {};
  for (const scenario of SCENARIOS)
    for (const isolates of [1, 20, 200]) {
      const figures = COMPARED.map((policy) => mean(scenario, policy, isolates));
      const row = Object.fromEntries(COMPARED.map((policy, i) => [policy, cell(figures[i]!)]));
      rows[`${scenario.name}, ${isolates} ${isolates === 1 ? 'isolate' : 'isolates'}`] = row;
    }
  console.table(rows);
  if (values.write) writeMeasured('policies', `${assumptions}\n\n${markdownOf(rows)}`);
}

/** The means over a few runs; each run has other arrivals. */
function mean(scenario: Scenario, policy: Compared, isolates: number): Figures {
  const runs = Array.from({ length: RUNS }, (_, i) =>
    play(scenario, policy, isolates, Number(values.seed) + i),
  );
  const of = (figure: (run: Figures) => number) => runs.reduce((sum, run) => sum + figure(run), 0) / RUNS;
  return {
    requests: of(({ requests }) => requests),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    failedPercent: of(({ failedPercent }) => failedPercent),
    sharePercent: scenario.watched === null ? null : of(({ sharePercent }) => sharePercent ?? 0),
  };
}

/** `35 / 322 ms`, with the share that failed and that of the watched backend where there are any. */
function cell({ p50, p99, failedPercent, sharePercent }: Figures): string {
  const failed = failedPercent > 0 ? `, ${failedPercent.toFixed(2)} % failed` : '';
  const share = sharePercent === null ? '' : `, ${sharePercent.toFixed(1)} % there`;
  return `${Math.round(p50)} / ${Math.round(p99)} ms${failed}${share}`;
}

/** Plays a day of one pool. */
async function simulatePool(): Promise<void> {
  const settings = {
    seed: Number(values.seed),
    locations: Number(values.locations),
    isolates: Number(values.isolates),
    requestsPerSecond: Number(values.rps),
    hours: [0, 6, 12, 18],
  };
  const assumptions = `Simulated, not measured: ${settings.locations} locations, about ${settings.isolates} isolates, one pool,
${settings.requestsPerSecond} requests a second on the day's average, seed ${settings.seed}.
Of the day, ${seconds(WINDOW.measuredMs)} s at ${settings.hours.join(', ')} h UTC are counted, after ${seconds(WINDOW.warmUpMs)} s of warming up; then a backend is drained.
Each object is evicted once, and 1 % of the isolates vanish in each. Round trips are assumed: 30 ms within a
continent, 90 to 380 ms between two; an object takes 1 ms a call and turns away what would wait longer than 2 s.
A drain is watched for ${seconds(WINDOW.drainMs)} s; calls and slots are those of the seconds that are counted.`;
  if (!values.json) console.log(`${assumptions}\n`);

  const all: Settings['sharding'][] = ['auto', 'none', 'region', 16, 64];
  const shardings = all.filter((one) => values.sharding === '' || String(one) === values.sharding);
  const table: Record<string, Record<string, string | number>> = {};
  for (const sharding of shardings) {
    const { callsPerSecond, staleMs, ...figures } = await simulate({ ...settings, sharding });
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
  if (values.json) console.log(JSON.stringify({ settings, table }, null, 2));
  else console.table(table);
  if (values.write) writeMeasured('simulate', `${assumptions}\n\n${markdownOf(table)}`);
}
