/** The one fetch path of the dashboard: typed by the Worker's own API. */
import { hc, type InferResponseType } from 'hono/client';
import type { Api } from '../worker/api/index.ts';

const client = hc<Api>('/api');

export type PoolStatus = InferResponseType<(typeof client.pools)[':pool']['status']['$get'], 200>;

/** An answer that was no success: `status` is HTTP's, the message the API's own. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function read<T>(
  answer: Promise<{ ok: boolean; status: number; json(): Promise<T>; text(): Promise<string> }>,
): Promise<T> {
  const response = await answer;
  if (response.ok) return response.json();
  const text = await response.text();
  let detail = text;
  try {
    detail = (JSON.parse(text) as { detail?: string }).detail ?? text;
  } catch {
    // not a problem document: show what came
  }
  throw new ApiError(response.status, detail);
}

/** All pools with their status. */
export async function fetchStatus(): Promise<PoolStatus[]> {
  const { pools } = await read(client.pools.$get());
  return Promise.all(pools.map(({ id }) => read(client.pools[':pool'].status.$get({ param: { pool: id } }))));
}

/** Signs in with the operator's token or a one-time code. */
export async function signIn(secret: { token: string } | { code: string }): Promise<void> {
  const response = await fetch('/api/session', { method: 'POST', body: JSON.stringify(secret) });
  if (!response.ok)
    throw new ApiError(response.status, ((await response.json()) as { detail: string }).detail);
}
