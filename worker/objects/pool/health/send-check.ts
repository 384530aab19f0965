/** Sends one health check to a backend and says how it ended. */
import { isExpectedStatus } from '../../../balance/health-check.ts';
import type { BackendConfig, HealthCheck } from '../../../config/schema.ts';
import type { Env } from '../../../env.ts';
import type { Check, CheckResult } from '../../../protocol/traffic-schemas.ts';

/** How much of a body is read, in bytes. */
const BODY_BYTES = 10_240;

/** Checks a backend once. Never rejects. */
export async function sendCheck(backend: BackendConfig, check: HealthCheck, env: Env): Promise<Check> {
  const at = Date.now();
  const controller = new AbortController();
  let timer: number | null = null;
  const late = new Promise<Ended>((resolve) => {
    timer = setTimeout(resolve, check.timeoutMs, { status: null, result: 'timeout' });
  });
  const ended = await Promise.race([
    ask(backend, check, env, controller.signal).catch(() => NOT_REACHED),
    late,
  ]);
  clearTimeout(timer);
  // Whatever is left of the response is not wanted.
  controller.abort();
  return { at, ms: Math.max(0, Date.now() - at), ...ended, ok: ended.result === 'ok' };
}

/** How a check ended; `status` is null without a response. */
interface Ended {
  readonly status: number | null;
  readonly result: CheckResult;
}

const NOT_REACHED: Ended = { status: null, result: 'connect-failure' };

async function ask(
  backend: BackendConfig,
  check: HealthCheck,
  env: Env,
  signal: AbortSignal,
): Promise<Ended> {
  const { input, init } = checkMessage(backend, check);
  const response = await fetcherOf(backend, env)(input, { ...init, signal });
  const { status } = response;
  if (!isExpectedStatus(status, check.expectedStatuses)) return { status, result: 'failure-status' };
  if (check.expectedBody === null) return { status, result: 'ok' };
  const body = await readStart(response.body);
  const holds = body.toLowerCase().includes(check.expectedBody.toLowerCase());
  return { status, result: holds ? 'ok' : 'wrong-body' };
}

function fetcherOf({ binding }: BackendConfig, env: Env): typeof fetch {
  if (binding === null) return fetch;
  const service = (env as unknown as Record<string, Fetcher | undefined>)[binding];
  if (!service) throw new Error(`no binding ${binding}`);
  return (input, init) => service.fetch(input, init);
}

/**
 * The URL and the options of a check. A binding without a URL gets the check's host as the URL's, and so as Host. A fetch to
 * a URL sends the URL's own Host; an object cannot change it (workerd#4129), so there the host goes as X-Forwarded-Host.
 */
export function checkMessage(
  { id, url }: Pick<BackendConfig, 'id' | 'url'>,
  { path, method, host, headers: more }: HealthCheck,
): { readonly input: string; readonly init: RequestInit } {
  const headers = new Headers({ 'user-agent': 'Evenkeel-Health-Check', ...more });
  if (url !== null && host !== null) headers.set('x-forwarded-host', host);
  const base = url === null ? `http://${host ?? id}` : url.replace(/\/+$/, '');
  return { input: base + path, init: { method, headers, redirect: 'manual', cache: 'no-store' } };
}

/** The first `BODY_BYTES` of a body as text. */
export async function readStart(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = '';
  let left = BODY_BYTES;
  while (reader && left > 0) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value.subarray(0, left), { stream: true });
    left -= value.byteLength;
  }
  return text + decoder.decode();
}
