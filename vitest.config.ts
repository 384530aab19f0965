/** Three projects, one after the other: pure code in Node, then the built Worker in workerd, first what needs it alone. */
import { defineConfig } from 'vitest/config';
import { LayerReporter } from './test/layers/layers.ts';

/** What is judged by the clock. */
const ALONE = ['test/runtime/proxy/failover.test.ts', 'test/chaos/**/*.test.ts'];
const RUNTIME = {
  globalSetup: ['test/support/product/build.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // A machine that stands still fails what is judged by the clock; a fault of the product fails it twice.
  retry: 1,
};

export default defineConfig({
  test: {
    reporters: ['default', new LayerReporter()],
    projects: [
      { test: { name: 'unit', include: ['test/{unit,simulate}/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          ...RUNTIME,
          name: 'alone',
          include: ALONE,
          // Their figures are judged by the clock, so that one file runs at a time, and none beside them.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          // Of tests marked `concurrent`, which are the failover cases. They wait for nearly all of their time: eight at
          // once end in 75 s and use a quarter of two cores, so that none is late because of the others.
          maxConcurrency: 8,
        },
      },
      {
        test: {
          ...RUNTIME,
          name: 'runtime',
          include: ['test/{runtime,fuzz}/**/*.test.ts'],
          exclude: ALONE,
          // They wait for most of their time: two files at once take little more than half of it.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
