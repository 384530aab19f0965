/** Error responses of the API: problem documents (RFC 9457). */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Problem } from '../../config/check.ts';
import { API_HEADERS } from './headers.ts';

/** The title of each error status of the API. */
export const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Body too large',
  415: 'Unsupported media type',
  426: 'Upgrade required',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** A problem document; `errors` lists the faults of the request's body by path. */
export function problem(
  status: number,
  detail: string,
  errors?: readonly Problem[],
  headers?: Record<string, string>,
): Response {
  const body = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(errors ? { errors } : {}),
  };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...API_HEADERS, 'content-type': 'application/problem+json', ...headers },
  });
}

/** Throws a problem document, which `onError` turns into the response. */
export function fail(
  status: number,
  detail: string,
  errors?: readonly Problem[],
  headers?: Record<string, string>,
): never {
  throw new HTTPException(status as 400, { res: problem(status, detail, errors, headers) });
}

/** Throws a 400 for a faulty body; the first fault becomes the detail. */
export function failInvalid(errors: readonly Problem[]): never {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  fail(400, first ? `${first.path || 'The body'} ${first.message}${more}` : 'The body is not valid.', errors);
}

/** Hono's error handler. The details of an unexpected error go to the log and not to the client. */
export function onError(error: Error, _c: Context): Response {
  if (error instanceof HTTPException) return error.getResponse();
  console.error({ message: 'API error', detail: error.stack ?? String(error) });
  const { overloaded, retryable, remote } = error as {
    overloaded?: boolean;
    retryable?: boolean;
    remote?: boolean;
  };
  if (overloaded || retryable || remote)
    return problem(503, 'A Durable Object did not answer; try again.', undefined, { 'retry-after': '2' });
  return problem(500, 'An internal error; the log of the Worker has it.');
}
