/** The one fetch path of the dashboard: typed by the Worker's own API, errors as the API says them. */
import { hc } from 'hono/client';
import type { Api } from '../../worker/api/index.ts';
import type { Problem } from '../../worker/config/check.ts';

/** The API by its own types. */
export const client = hc<Api>('/api');

/** An answer that was no success: `status` is HTTP's (0: no answer came), the message and `errors` are the API's own. */
export class ApiError extends Error {
  readonly status: number;
  /** What in the body is at fault, by path. */
  readonly errors: readonly Problem[];

  constructor(status: number, message: string, errors: readonly Problem[] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** Whether an error says that nobody is signed in. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** Whether asking again cannot help: what was asked for is not there, or not allowed. */
export const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;

interface Answer<T> {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<T>;
  text(): Promise<string>;
}

/** The body of a success; an ApiError for all else. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<T> {
  const response = await answer.catch(() => {
    throw new ApiError(0, 'The admin host does not answer.');
  });
  if (response.ok) return response.json();
  const text = await response.text();
  let problem: { detail?: string; errors?: Problem[] } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // No problem document: what came is shown.
  }
  throw new ApiError(
    response.status,
    problem.detail ?? (text.slice(0, 200) || `Status ${response.status}`),
    problem.errors,
  );
}

/** Sends a change. `revision` makes it conditional (If-Match): a newer one there is an ApiError 412. */
export function send<T>(method: string, path: string, body?: unknown, revision?: number): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (revision !== undefined) headers['if-match'] = `"${revision}"`;
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return read<T>(fetch(`/api${path}`, init));
}
