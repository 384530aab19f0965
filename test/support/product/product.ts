/** The product under test: the built Worker in workerd, its admin API, and a client that goes through it. */
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../../scripts/support/runtime.ts';

export { from } from '../../../scripts/support/runtime.ts';

/** Made for each run, so that no secret stands in the repository. */
export const TOKEN = crypto.randomUUID();

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
export type Json = any;

export interface Product {
  readonly url: string;
  readonly port: number;
  readonly state: string;
  /** Calls the admin API with the token; the body is sent as JSON. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** As `api`, but throws unless the answer is a success; returns the body. */
  apiOk(method: string, path: string, body?: unknown): Promise<Json>;
  /** Sends one request to a proxied host. */
  get(host: string, path: string, options?: SendOptions): Promise<Answer>;
  /** Stops workerd and starts it again on the same storage, under a new port. */
  restart(options?: Partial<RuntimeOptions>): Promise<void>;
  /** Removes an object from memory, as the platform does at will. */
  evict: Runtime['evict'];
  /** What a bucket holds, by key. */
  bucket: Runtime['bucket'];
  stop(): Promise<void>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: Buffer | string;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly text: string;
  /** The body as it came, encoded or not. */
  readonly bytes: Buffer;
  readonly ms: number;
  /** The backend that answered, by `X-Backend-Used`. */
  readonly backend: string | undefined;
}

/** Starts the built Worker on a free port with fresh storage and private backends allowed. */
export async function startProduct(options: Partial<RuntimeOptions> = {}): Promise<Product> {
  const state = options.state ?? mkdtempSync(join(tmpdir(), 'evenkeel-test-'));
  const base = { ADMIN_TOKEN: TOKEN, AFFINITY_SECRET: crypto.randomUUID(), ALLOW_PRIVATE_BACKENDS: 'true' };
  const start = (more: Partial<RuntimeOptions> = {}) =>
    startRuntime({
      port: 0,
      logs: 'ignore',
      believesClients: true,
      state,
      ...options,
      ...more,
      vars: { ...base, ...options.vars, ...more.vars },
    });
  let runtime: Runtime = await start();
  const product: Product = {
    get url() {
      return runtime.url;
    },
    get port() {
      return Number(new URL(runtime.url).port);
    },
    state,
    async api(method, path, body, headers = {}) {
      const response = await fetch(`${runtime.url}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? null : JSON.parse(text),
      };
    },
    async apiOk(method, path, body) {
      const answer = await product.api(method, path, body);
      if (answer.status >= 300)
        throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    get: (host, path, sent = {}) => send(product.port, host, path, sent),
    async restart(more) {
      await runtime.stop();
      runtime = await start(more);
    },
    evict: (className, name) => runtime.evict(className, name),
    bucket: (name) => runtime.bucket(name),
    async stop() {
      await runtime.stop();
      rmSync(state, { recursive: true, force: true });
    },
  };
  return product;
}

/** Workerd closes a connection that was idle for 3 s; a request sent on it in that moment would hear nothing. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 128, timeout: 2_000 });

/** Sends one request to 127.0.0.1 under a Host of its own; Node's fetch would not let the Host be set. */
export function send(
  port: number,
  host: string,
  path: string,
  { method = 'GET', headers = {}, body }: SendOptions = {},
): Promise<Answer> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, method, agent, headers: { host, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const backend = response.headers['x-backend-used'] as string | undefined;
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            text: bytes.toString(),
            bytes,
            ms: performance.now() - startedAt,
            backend,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Runs `count` calls, `parallel` at a time; returns the results in the order of the calls. */
export async function many<T>(
  count: number,
  parallel: number,
  call: (i: number) => Promise<T>,
): Promise<T[]> {
  const results = new Array<T>(count);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < count; i = next++) results[i] = await call(i);
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}

/** Asks every `everyMs` until `read` gives something that `fits`; throws what it last saw when the time is over. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  fits: (value: T) => boolean,
  deadlineMs = 10_000,
  everyMs = 20,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (fits(value)) return value;
    if (performance.now() > end)
      throw new Error(`not within ${deadlineMs} ms; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** How often each value occurs. */
export function tally<T extends PropertyKey>(values: readonly T[]): Record<T, number> {
  const counts = {} as Record<T, number>;
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
