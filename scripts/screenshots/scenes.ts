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

/** A backend that answers as the scene says, in this process. */
async function startOwn(answer: http.RequestListener): Promise<{ url: string; server: http.Server }> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, server };
}

/** Pools that are failing, degraded and slow, beside one that is well; and requests without a route. */
export async function failing({ runtime, token }: Stage): Promise<Scene> {
  const samples = await startSamples();
  const url = (i: number) => `http://127.0.0.1:${samples[i]!.port}`;
  const broken = await startOwn((_, response) => response.writeHead(500).end('broken'));
  const slow = await startOwn((_, response) => setTimeout(() => response.end('slow'), 900));
  const dead = `http://127.0.0.1:${await freePort(0)}`;
  const three = (third: string) => [
    { id: 'a', url: url(0) },
    { id: 'b', url: url(1) },
    { id: 'c', url: third },
  ];
  const pools = [
    { id: 'media', backends: three(url(2)) },
    { id: 'shop', backends: three(broken.url) },
    { id: 'api', backends: three(dead) },
    { id: 'search', backends: three(slow.url) },
  ];
  const routes = pools.map(({ id }) => ({ id, host: `${id}.localhost`, pool: id }));
  await callApi(runtime.url, token, 'PUT', '/config', { pools, routes });
  const scene = play(runtime, samples, [...routes.map(({ host }) => host), 'unknown.localhost']);
  return {
    stop: () => {
      scene.stop();
      broken.server.close();
      slow.server.close();
    },
  };
}

/** Every backend of one pool is dead, and another pool has lost its route. */
export async function down({ runtime, token }: Stage): Promise<Scene> {
  const samples = await startSamples();
  const dead = await Promise.all([freePort(0), freePort(0), freePort(0)]);
  const pools = [
    { id: 'shop', backends: dead.map((port, i) => ({ id: 'abc'[i], url: `http://127.0.0.1:${port}` })) },
    {
      id: 'orphan',
      backends: samples.map(({ port }, i) => ({ id: 'abc'[i], url: `http://127.0.0.1:${port}` })),
    },
  ];
  const routes = [{ id: 'shop', host: 'shop.localhost', pool: 'shop' }];
  await callApi(runtime.url, token, 'PUT', '/config', { pools, routes });
  return play(runtime, samples, ['shop.localhost', 'orphan.localhost']);
}

/** Forty pools of thirty backends and 300 routes; in some pools backends answer 503 or are dead. */
export async function fleet({ runtime, token }: Stage): Promise<Scene> {
  const samples = await startSamples();
  const urls = samples.map(({ port }) => `http://127.0.0.1:${port}`);
  const broken = await startOwn((_, response) => response.writeHead(503).end('broken'));
  const regions = ['eu', 'us', 'ap', 'sa'];
  const names = [
    'accounting',
    'cart',
    'checkout',
    'catalog',
    'images',
    'login',
    'mail',
    'orders',
    'prices',
    'search',
  ];
  const ids = names.flatMap((name) => regions.map((region) => `${name}-${region}`));
  const pools = ids.map((id, n) => ({
    id,
    backends: Array.from({ length: 30 }, (_, i) => ({
      id: `ip-10-20-${n}-${i}-${id}-production`,
      url: n % 11 === 3 && i % 4 === 0 ? broken.url : urls[i % 3],
      state: n % 13 === 5 && i === 0 ? 'draining' : 'active',
      tier: i > 27 ? 1 : 0,
    })),
  }));
  const routes = Array.from({ length: 300 }, (_, i) => ({
    id: `route-${i}`,
    host: `h${i}.localhost`,
    pool: ids[i % ids.length],
  }));
  await callApi(runtime.url, token, 'PUT', '/config', { pools, routes });
  const scene = play(
    runtime,
    samples,
    routes.slice(0, 40).map(({ host }) => host),
  );
  return {
    stop: () => {
      scene.stop();
      broken.server.close();
    },
  };
}

/** One pool of a thousand backends, some of them dead. */
export async function thousand({ runtime, token }: Stage): Promise<Scene> {
  const samples = await startSamples();
  const dead = `http://127.0.0.1:${await freePort(0)}`;
  const backends = Array.from({ length: 1_000 }, (_, i) => ({
    id: `web-${String(i).padStart(4, '0')}`,
    url: i % 250 === 7 ? dead : `http://127.0.0.1:${samples[i % 3]!.port}`,
    weight: 1 + (i % 5),
    state: i === 500 ? 'draining' : i === 501 ? 'disabled' : 'active',
  }));
  const routes = [{ id: 'web', host: 'web.localhost', pool: 'web' }];
  await callApi(runtime.url, token, 'PUT', '/config', { pools: [{ id: 'web', backends }], routes });
  return play(runtime, samples, ['web.localhost'], 5);
}

/** Nothing is configured yet. */
export async function empty({ runtime, token }: Stage): Promise<Scene> {
  await callApi(runtime.url, token, 'PUT', '/config', { pools: [], routes: [] });
  return { stop: () => undefined };
}

/** Sends a request every `everyMs`, to each host in turn. */
function play(
  runtime: Runtime,
  samples: readonly SampleBackend[],
  hosts: readonly string[],
  everyMs = 20,
): Scene {
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
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      agent.destroy();
      for (const { child } of samples) child.kill();
    },
  };
}
