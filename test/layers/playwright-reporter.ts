/** Writes down what the browser tests took. Playwright loads a reporter by its file's default export. */
import type { Reporter, TestCase, TestResult } from 'playwright/types/testReporter';
import { addFile, writeCosts } from './layers.ts';

export default class LayerReporter implements Reporter {
  readonly #files = new Map<string, { tests: number; ms: number }>();

  onTestEnd({ location }: TestCase, { duration }: TestResult): void {
    const { tests, ms } = this.#files.get(location.file) ?? { tests: 0, ms: 0 };
    this.#files.set(location.file, { tests: tests + 1, ms: ms + duration });
  }

  onEnd(): void {
    const costs = {};
    for (const { tests, ms } of this.#files.values()) addFile(costs, 'browser', tests, ms);
    writeCosts('playwright', costs);
  }

  printsToStdio(): boolean {
    return false;
  }
}
