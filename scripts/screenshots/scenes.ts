/** The scenes of the screenshots: their configuration, backends and traffic. */
import http from 'node:http';
import { callApi, type SampleBackend, startSamples } from '../support/demo.ts';
import { freePort } from '../support/ports.ts';
import { from, type Runtime } from '../support/runtime.ts';

/** A running scene; its traffic flows until `stop`. */
export interface Scene {
  stop(): void;
}

/** Where a scene is set up. */
export interface Stage {
  readonly runtime: Runtime;
  readonly token: string;
}

const HOSTS = ['shop.localhost', 'api.localhost', 'media.localhost'];
const PATHS = ['/', '/cart', '/api/orders/17', '/products/blue-chair', '/sse-less', '/search'];

/** Three pools with traffic: a healthy one, one with an ejected backend, one that drains. */
export async function lively({ runtime, token }: Stage): Promise<Scene> {
  const samples = await startSamples();
  const dead = `http://127.0.0.1:${await freePort(0)}`;
  const url = (i: number) => `http://127.0.0.1:${samples[i]!.port}`;
  const pools = [
    {
      id: 'shop',
      backends: [
        { id: 'a', url: url(0), weight: 5 },
        { id: 'b', url: url(1) },
        { id: 'c', url: url(2) },
      ],
    },
    {
      id: 'api',
      backends: [
        { id: 'green', url: url(0), weight: 2 },
        { id: 'blue', url: dead },
        { id: 'spare', url: url(2), tier: 1 },
      ],
    },
    {
      id: 'media',
      policy: 'least-request',
      backends: [
        { id: 'm1', url: url(0) },
        { id: 'm2', url: url(1), state: 'draining' },
        { id: 'm3', url: url(2), state: 'disabled' },
      ],
    },
  ];
  const routes = [
    { id: 'shop', host: 'shop.localhost', pool: 'shop', affinity: 'cookie-then-ip' },
    { id: 'api', host: 'api.localhost', path: '/', pool: 'api' },
    { id: 'media', host: 'media.localhost', pool: 'media' },
    {
      id: 'shop-api',
      host: 'shop.localhost',
      path: '/api',
      pool: 'api',
      stripPrefix: true,
      timeoutMs: 3_000,
      retry: { maxRetries: 0 },
      debugHeaders: false,
    },
    { id: 'tenants', host: '*.tenants.localhost', pool: 'media', logSampleRate: 0.01 },
  ];
  await callApi(runtime.url, token, 'PUT', '/config', { pools, routes });
  await callApi(runtime.url, token, 'PATCH', '/pools/shop/backends/a', { weight: 4 });
  await callApi(runtime.url, token, 'PATCH', '/pools/shop/backends/a', { weight: 5 });
  return play(runtime, samples, HOSTS);
}

/** Fifty pools of fifty backends. */
export async function crowded({ runtime, token }: Stage): Promise<Scene> {
  const samples = await startSamples();
  const urls = samples.map(({ port }) => `http://127.0.0.1:${port}`);
  const numbers = Array.from({ length: 50 }, (_, i) => String(i).padStart(2, '0'));
  const pools = numbers.map((n) => ({
    id: `pool-${n}`,
    backends: numbers.map((m, i) => ({ id: `backend-${m}`, url: urls[i % 3], weight: 1 + (i % 3) })),
  }));
  const routes = numbers.map((n) => ({ id: `route-${n}`, host: `h${n}.localhost`, pool: `pool-${n}` }));
  await callApi(runtime.url, token, 'PUT', '/config', { pools, routes });
  return play(
    runtime,
    samples,
    routes.map(({ host }) => host),
  );
}

/** Nothing is configured yet. */
export async function empty({ runtime, token }: Stage): Promise<Scene> {
  await callApi(runtime.url, token, 'PUT', '/config', { pools: [], routes: [] });
  return { stop: () => undefined };
}

/** Sends a request every 20 ms, to each host in turn. */
function play(runtime: Runtime, samples: readonly SampleBackend[], hosts: readonly string[]): Scene {
  const agent = new http.Agent({ keepAlive: true });
  let n = 0;
  const timer = setInterval(() => {
    n++;
    const host = hosts[n % hosts.length]!;
    const path = n % 97 === 0 ? '/error?status=404' : PATHS[n % PATHS.length]!;
    const headers = { host, ...from({ ip: `198.51.100.${n % 250}`, colo: 'FRA' }) };
    http
      .get({ port: new URL(runtime.url).port, host: '127.0.0.1', path, agent, headers }, (r) => r.resume())
      .on('error', () => undefined);
  }, 20);
  return {
    stop: () => {
      clearInterval(timer);
      agent.destroy();
      for (const { child } of samples) child.kill();
    },
  };
}
