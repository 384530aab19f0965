/** `npm run compare`: plays each case of the failure model against Evenkeel and, where installed, nginx; prints one table. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { buildIfNeeded } from '../../scripts/support/build.ts';
import { writeMeasured } from '../../scripts/support/documents.ts';
import { startProduct } from '../support/product/product.ts';
import { type Part, type Row, rows, type Seen } from './cases.ts';
import { type Contender, evenkeel, nginx } from './contenders.ts';
import { type Line, tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    /** Names of rows, separated by commas. */
    only: { type: 'string', default: '' },
    /** Puts the table into the documentation. */
    write: { type: 'boolean', default: false },
  },
});
const names = values.only.split(',').filter((name) => name !== '');
const unknown = names.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

/** Plays at once: each has its own pool and backends, and together they ask little of one machine. */
const AT_ONCE = 10;

interface Play {
  readonly row: Row;
  readonly part: Part;
  readonly contender: Contender;
}

buildIfNeeded();
const product = await startProduct();
const peer = nginx();
const own = evenkeel(product);
const chosen = rows.filter(({ name }) => names.length === 0 || names.includes(name));
const plays = chosen
  .flatMap((row) => row.parts.map((part) => ({ row, part })))
  .flatMap((play): Play[] => [{ ...play, contender: own }, ...(peer ? [{ ...play, contender: peer }] : [])]);
const seen = new Map<Play, Seen>();
const delays = monitorEventLoopDelay();
delays.enable();
try {
  // The longest first, so that none is left alone at the end.
  const waiting = [...plays].sort((a, b) => b.part.seconds - a.part.seconds);
  const work = async () => {
    for (let play = waiting.shift(); play; play = waiting.shift()) {
      const shown = await play.part.play(play.contender, 'full');
      seen.set(play, shown);
      const broken = play.contender === own ? shown.broken.map((line) => ` BROKEN: ${line}`) : [];
      console.error(`${play.contender.name}, ${titleOf(play)}: ${shown.says}${broken.join('')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
} finally {
  await product.stop();
}

function titleOf({ row, part }: Pick<Play, 'row' | 'part'>): string {
  return part.name ? `${row.name} ${part.name}` : row.name;
}

/** What a contender showed in each part of a row. */
function shownBy(contender: Contender | null, row: Row): string {
  const own = plays.filter((play) => play.row === row && play.contender === contender);
  return own
    .map((play) => `${play.part.name ? `${play.part.name}: ` : ''}${seen.get(play)!.says}`)
    .join('; ');
}

const lines = chosen.map((row): Line => {
  const { what, first, must } = row;
  const held = plays.filter((play) => play.row === row && play.contender === own);
  const holds = held.every((play) => seen.get(play)!.broken.length === 0);
  return { what, first, now: shownBy(own, row), nginx: peer ? shownBy(peer, row) : '–', must, holds };
});
// Clients and backends live in this process: what it was held up is in their times.
console.error(`this process was held up for at most ${Math.round(delays.max / 1e6)} ms`);
const table = tableOf(lines, peer?.version ?? null);
console.log(table);
if (values.write) writeMeasured('compare', table);
process.exit(lines.every(({ holds }) => holds) ? 0 : 1);
