/** `npm start`: the whole product on this machine, with three sample backends to kill. Ctrl-C stops all of it. */
import { buildIfNeeded, ROOT } from './support/build.ts';
import { callApi, seed, startSamples } from './support/demo.ts';
import { freePort } from './support/ports.ts';
import { readDevVars, startRuntime } from './support/runtime.ts';
import { makeDevVars } from './support/settings.ts';

const PORT = 8787;

if (makeDevVars()) console.log('made .dev.vars with secrets of its own');
const vars = readDevVars();
const token = vars.ADMIN_TOKEN ?? '';
if (token.length < 16) {
  console.error(
    '.dev.vars needs an ADMIN_TOKEN of at least 16 characters; delete the file to have one made.',
  );
  process.exit(1);
}
buildIfNeeded();

const wanted = Number(process.env.PORT ?? PORT);
const port = await freePort(wanted);
if (port !== wanted) console.log(`Port ${wanted} is not free; using ${port}.`);
const samples = await startSamples();
// The sample backends are on loopback, whatever .dev.vars says.
const runtime = await startRuntime({
  port,
  state: `${ROOT}/.evenkeel/state`,
  vars: { ...vars, ALLOW_PRIVATE_BACKENDS: 'true' },
});
const origin = `http://localhost:${port}`;

let stopping = false;
async function stop(status: number): Promise<never> {
  if (!stopping) {
    stopping = true;
    for (const { child } of samples) child.kill();
    await runtime.stop();
  }
  process.exit(status);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));

try {
  await seed(runtime.url, token, samples);
  const login = (await callApi(runtime.url, token, 'POST', '/session/link')) as { code: string } | null;
  console.log(`
Evenkeel is running.

  dashboard   ${origin}/#login=${login?.code}   (works once, for ten minutes)
  try it      curl -H 'Host: demo.localhost' http://127.0.0.1:${port}/
  in a browser http://demo.localhost:${port}/   also /slow /error /sse /ws /echo

  sample backends`);
  for (const { id, port: at, weight, child } of samples)
    console.log(
      `    ${id}  weight ${weight}  http://127.0.0.1:${at}   kill it: kill -9 ${child.pid}   bring it back: npm run backend -- --name ${id} --port ${at}`,
    );
  console.log('\nctrl-C stops everything.');
} catch (error) {
  console.error((error as Error).message);
  await stop(1);
}
for (const { id, child } of samples)
  child.once(
    'exit',
    (code, signal) => stopping || console.log(`backend ${id} ended (${signal ?? `exit ${code}`})`),
  );
