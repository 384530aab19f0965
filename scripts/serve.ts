/** `npm run serve -- --port N --state DIR`: the built Worker with the fidelity of production; see contract section 1. */
import { parseArgs } from 'node:util';
import { buildIfNeeded } from './support/build.ts';
import { readDevVars, startRuntime } from './support/runtime.ts';

const USAGE = 'usage: npm run serve -- [--port N] [--state DIR]';

const { port, state } = readArguments();
buildIfNeeded();
const runtime = await startRuntime({ port, state, vars: readDevVars() }).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(`ready ${runtime.url}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await runtime.stop();
    process.exit(0);
  });
}

function readArguments(): { port: number; state: string } {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '8787' },
        state: { type: 'string', default: '.evenkeel/state' },
      },
    });
    const number = Number(values.port);
    if (!Number.isInteger(number) || number < 0 || number > 65_535)
      throw new Error('--port must be a number from 0 to 65535');
    return { port: number, state: values.state };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}
