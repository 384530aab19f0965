/** The demo that `npm start` shows: three sample backends, a pool and a route in front of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from './build.ts';
import { freePort } from './ports.ts';

export interface SampleBackend {
  readonly id: string;
  readonly port: number;
  readonly weight: number;
  readonly child: ChildProcess;
}

const SAMPLES = [
  { id: 'a', port: 9001, weight: 5 },
  { id: 'b', port: 9002, weight: 1 },
  { id: 'c', port: 9003, weight: 1 },
];

/** Starts the sample backends, each on its usual port or a free one; resolves when all listen. */
export function startSamples(): Promise<SampleBackend[]> {
  return Promise.all(
    SAMPLES.map(async ({ id, port: usual, weight }) => {
      const port = await freePort(usual);
      const args = [`${ROOT}/scripts/sample-backend.ts`, '--name', id, '--port', String(port)];
      // The channel tells a backend that its parent is gone, however that came about.
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
      await once(createInterface(child.stdout!), 'line');
      return { id, port, weight, child };
    }),
  );
}

/** Calls the admin API; throws with the API's own words. */
export async function callApi(origin: string, token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${origin}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, never> & { detail?: string };
  if (!response.ok && response.status !== 404) throw new Error(`${method} ${path}: ${answer.detail}`);
  return response.ok ? answer : null;
}

/** Seeds pool and route `demo`; where they are there already, only the addresses follow the backends' ports. */
export async function seed(origin: string, token: string, samples: readonly SampleBackend[]): Promise<void> {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  if (await callApi(origin, token, 'GET', '/pools/demo')) {
    for (const { id, port } of samples) {
      const path = `/pools/demo/backends/${id}`;
      const known = (await callApi(origin, token, 'GET', path)) as { backend: { url: string } } | null;
      if (known && known.backend.url !== url(port))
        await callApi(origin, token, 'PATCH', path, { url: url(port) });
    }
    return;
  }
  const backends = samples.map(({ id, port, weight }) => ({ id, url: url(port), weight }));
  await callApi(origin, token, 'PUT', '/pools/demo', { backends });
  await callApi(origin, token, 'PUT', '/routes/demo', { host: 'demo.localhost', pool: 'demo' });
}
