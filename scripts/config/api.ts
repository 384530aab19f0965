/** The admin API as `npm run config` calls it: with `EVENKEEL_URL` and `EVENKEEL_TOKEN`, and errors in words. */
import type { Difference, Problem } from '../../worker/protocol/common-schemas.ts';

/** A call waits this long: a change of a large document with many Pool objects takes seconds. */
const DEADLINE_MS = 60_000;

/** Why a command cannot go on; `problems` are faults of the document that was sent. */
export class Failure extends Error {
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** What the API answers about the document. */
export interface Answer {
  readonly revision: number;
  readonly config: unknown;
  readonly changes?: readonly Difference[];
  readonly warnings?: readonly Problem[];
}

/** Where the admin API is and how to get in. */
export interface Access {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads the access from the environment; throws a `Failure` that says what is missing. */
export function readAccess(env: Readonly<Record<string, string | undefined>>): Access {
  const { EVENKEEL_URL = '', EVENKEEL_TOKEN = '' } = env;
  if (EVENKEEL_URL === '')
    throw new Failure('EVENKEEL_URL is not set; it is the admin host, such as https://lb-admin.example.com');
  if (EVENKEEL_TOKEN === '')
    throw new Failure(
      'EVENKEEL_TOKEN is not set; it is the ADMIN_TOKEN of the deployment, or its VIEWER_TOKEN',
    );
  const url = URL.parse(EVENKEEL_URL);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Failure('EVENKEEL_URL must be a URL such as https://lb-admin.example.com');
  if (/[^\x21-\x7e]/.test(EVENKEEL_TOKEN))
    throw new Failure('EVENKEEL_TOKEN must not contain spaces or line breaks');
  const { CF_ACCESS_CLIENT_ID: id, CF_ACCESS_CLIENT_SECRET: secret } = env;
  // A service token gets past an Access application in front of the admin host; the operator's token is still needed.
  const service: Record<string, string> =
    id && secret ? { 'cf-access-client-id': id, 'cf-access-client-secret': secret } : {};
  return {
    url: new URL(`${url.pathname.replace(/\/+$/, '').replace(/\/api$/, '')}/api/`, url),
    headers: { authorization: `Bearer ${EVENKEEL_TOKEN}`, ...service },
  };
}

/** Calls the API; throws a `Failure` in the API's own words. */
export async function call(
  { url, headers }: Access,
  method: 'GET' | 'PUT',
  path: string,
  body?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const at = new URL(path, url);
  let response: Response;
  try {
    response = await fetch(at, {
      method,
      headers: { ...headers, ...more, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Failure(`${url.origin} cannot be reached: ${cause instanceof Error ? cause.message : message}`);
  }
  if (response.status >= 300 && response.status < 400)
    throw new Failure(
      `${url.origin} redirects to a sign-in; with Cloudflare Access set CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET`,
    );
  const answer = (await response.json().catch(() => null)) as
    | (Answer & { detail?: string; errors?: readonly Problem[] })
    | null;
  if (answer === null)
    throw new Failure(`${at} answered ${response.status} without JSON; is it the admin host?`);
  if (!response.ok) throw new Failure(answer.detail ?? `${at} answered ${response.status}`, answer.errors);
  return answer;
}
