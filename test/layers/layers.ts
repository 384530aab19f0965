/** What each layer of tests takes: the runners write it down, `npm test` prints it at its end. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestModule } from 'vitest/node';

const FOLDER = fileURLToPath(new URL('../../.evenkeel/', import.meta.url));

/** From the quickest to the slowest, as test/README.md describes them. */
const LAYERS = ['unit', 'runtime', 'fuzz', 'chaos', 'browser'] as const;
type Layer = (typeof LAYERS)[number];

interface Cost {
  readonly files: number;
  readonly tests: number;
  readonly seconds: number;
}
type Costs = Partial<Record<Layer, Cost>>;

const pathOf = (runner: string): string => `${FOLDER}layers-${runner}.json`;

/** Adds a file with so many tests, which took so long, to the costs of its layer. */
export function addFile(costs: Costs, layer: Layer, tests: number, ms: number): void {
  const { files, tests: before, seconds } = costs[layer] ?? { files: 0, tests: 0, seconds: 0 };
  costs[layer] = { files: files + 1, tests: before + tests, seconds: seconds + ms / 1_000 };
}

/** Keeps the costs of a runner's newest run. */
export function writeCosts(runner: 'vitest' | 'playwright', costs: Costs): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(pathOf(runner), JSON.stringify(costs));
}

/** The layer of a test file of Vitest, by its folder; the simulation is checked by unit tests. */
function layerOf(path: string): Layer {
  const folder = /\/test\/(\w+)\//.exec(path)?.[1];
  return LAYERS.find((layer) => layer === folder) ?? 'unit';
}

/** Writes down what each layer took; the seconds are those of its files together, also where these run side by side. */
export class LayerReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const costs: Costs = {};
    for (const module of modules) {
      const { collectDuration, setupDuration, duration } = module.diagnostic();
      const tests = [...module.children.allTests()].length;
      addFile(costs, layerOf(module.moduleId), tests, collectDuration + setupDuration + duration);
    }
    writeCosts('vitest', costs);
  }
}

/** The table of the newest runs, a line for each layer and one for all. */
export function table(): string {
  const costs: Costs = {
    ...(JSON.parse(readFileSync(pathOf('vitest'), 'utf8')) as Costs),
    ...(JSON.parse(readFileSync(pathOf('playwright'), 'utf8')) as Costs),
  };
  const rows = LAYERS.map((layer) => [layer, costs[layer] ?? { files: 0, tests: 0, seconds: 0 }] as const);
  const sum = (key: keyof Cost) => rows.reduce((total, [, cost]) => total + cost[key], 0);
  const all = { files: sum('files'), tests: sum('tests'), seconds: sum('seconds') };
  const line = (name: string, files: string, tests: string, seconds: string) =>
    `  ${name.padEnd(8)}${files.padStart(6)}${tests.padStart(7)}${seconds.padStart(9)}`;
  return [
    line('layer', 'files', 'tests', 'seconds'),
    ...[...rows, ['all', all] as const].map(([name, { files, tests, seconds }]) =>
      line(name, String(files), String(tests), seconds.toFixed(1)),
    ),
  ].join('\n');
}
