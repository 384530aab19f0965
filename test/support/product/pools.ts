/** A pool under a host of its own, backends that fail on demand, and load that runs while a test does something. */
import type http from 'node:http';
import { onTestFinished } from 'vitest';
import { type Origin, type OriginProcess, spawnOrigin, startOrigin } from '../origins.ts';
import { type Answer, eventually, type Json, type Product, type SendOptions } from './product.ts';

export interface ServedPool {
  readonly id: string;
  readonly host: string;
  get(path?: string, options?: SendOptions): Promise<Answer>;
  /** Sends `count` requests one after the other; returns who answered. */
  sequence(count: number): Promise<string[]>;
  /** Changes fields of one backend by the API. */
  patch(backend: string, fields: Json): Promise<Json>;
  /** What the API says of one backend now. */
  status(backend: string): Promise<Json>;
  /** `status` of every backend, in the pool's order: `available, ejected`. */
  verdicts(): Promise<string>;
  /** The newest mapping on record, once it has arrived there. */
  mapping(requestId: string): Promise<Json>;
}

/** Configures a pool and a route that leads to it from the host `ID.test`; `more` and `route` are further fields. */
export async function servePool(
  product: Product,
  id: string,
  backends: Json[],
  more: Json = {},
  route: Json = {},
) {
  const host = `${id}.test`;
  await product.apiOk('PUT', `/pools/${id}`, { id, backends, ...more });
  await product.apiOk('PUT', `/routes/${id}`, { id, host, pool: id, ...route });
  const all = async () => (await product.apiOk('GET', `/pools/${id}/status`)).backends;
  const pool: ServedPool = {
    id,
    host,
    get: (path = '/', options) => product.get(host, path, options),
    async sequence(count) {
      const used: string[] = [];
      for (let i = 0; i < count; i++) used.push((await pool.get(`/${i}`)).backend ?? 'none');
      return used;
    },
    patch: (backend, fields) => product.apiOk('PATCH', `/pools/${id}/backends/${backend}`, fields),
    status: async (backend) => (await all()).find((row: Json) => row.id === backend),
    verdicts: async () => (await all()).map((row: Json) => row.status).join(', '),
    mapping: async (requestId) => {
      const read = async () => (await product.apiOk('GET', `/requests?pool=${id}&limit=1000`)).requests;
      const found = await eventually(read, (rows) => rows.some((row: Json) => row.requestId === requestId));
      return found.find((row: Json) => row.requestId === requestId);
    },
  };
  return pool;
}

/** Starts a process per name; all are killed when the test is over. */
export function spawnOrigins(...names: string[]): Promise<OriginProcess[]> {
  return Promise.all(names.map((name) => spawnForTest(name)));
}

/** As `spawnOrigin`, killed when the test is over. */
export async function spawnForTest(name: string, port = 0): Promise<OriginProcess> {
  const origin = await spawnOrigin(name, port);
  onTestFinished(() => origin.kill());
  return origin;
}

/** As `startOrigin`, stopped when the test is over. */
export async function startForTest(handler: http.RequestListener) {
  const origin = await startOrigin(handler);
  onTestFinished(() => origin.stop());
  return origin;
}

/** A backend that answers `status`, which the test changes at will. */
export interface ConfigurableBackend extends Pick<Origin, 'url'> {
  status: number;
  /** Requests that have arrived since this was last set. */
  hits: number;
}

/** Starts a backend that answers with the status it is given. */
export async function startConfigurableBackend(status = 200): Promise<ConfigurableBackend> {
  const backend = { url: '', status, hits: 0 };
  const { url } = await startForTest((request, response) => {
    backend.hits++;
    request.resume();
    response.writeHead(backend.status).end();
  });
  backend.url = url;
  return backend;
}

/** Names backends a, b, c … in the order given. */
export const named = (...origins: Pick<Origin, 'url'>[]): Json[] =>
  origins.map(({ url }, i) => ({ id: 'abcdefgh'[i], url }));

/** One answer under load; `sentAt` is when its request left, by `performance.now()`. */
export type Sent = Answer & { readonly sentAt: number };

export interface Load {
  readonly answers: readonly Sent[];
  /** Ends it; returns all answers. Throws when a request got none. */
  stop(): Promise<readonly Sent[]>;
}

/** Sends requests `parallel` at a time until it is stopped, at the latest when the test is over. */
export function startLoad(call: () => Promise<Answer>, parallel = 8): Load {
  const answers: Sent[] = [];
  let running = true;
  const work = async () => {
    while (running) {
      const sentAt = performance.now();
      answers.push({ ...(await call()), sentAt });
    }
  };
  const done = Promise.all(Array.from({ length: parallel }, work));
  done.catch(() => undefined);
  const stop = async () => {
    running = false;
    await done;
    return answers;
  };
  onTestFinished(async () => {
    await stop().catch(() => undefined);
  });
  return { answers, stop };
}
