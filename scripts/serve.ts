/** `npm run serve -- --port N --state DIR`: the built Worker with the fidelity of production, until a signal ends it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildIfNeeded } from './support/build.ts';
import { readDevVars, startRuntime } from './support/runtime.ts';

const USAGE = 'usage: npm run serve -- [--port N] [--state DIR] [--vars FILE]';

/** A batch, a lease and the writing behind it take 2.25 s, on a busy machine longer: then all that was counted is in the storage. */
const SETTLED_MS = 4_000;

const { port, state, vars } = readArguments();
buildIfNeeded();
const runtime = await startRuntime({ port, state, vars: readDevVars(vars) }).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(`ready ${runtime.url}`);

let ending = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // Miniflare's own listener would end the process on the spot, and lose the last second.
  process.removeAllListeners(signal);
  process.on(signal, async () => {
    // A second signal does not wait.
    if (!ending) {
      ending = true;
      await sleep(SETTLED_MS);
    }
    await runtime.stop();
    process.exit(0);
  });
}

function readArguments(): { port: number; state: string; vars: string | undefined } {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '8787' },
        state: { type: 'string', default: '.evenkeel/state' },
        vars: { type: 'string' },
      },
    });
    const number = Number(values.port);
    if (!Number.isInteger(number) || number < 0 || number > 65_535)
      throw new Error('--port must be a number from 0 to 65535');
    return { port: number, state: values.state, vars: values.vars };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}
