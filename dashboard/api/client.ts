/** The one fetch path of the dashboard: requests and responses typed by the API's operations, errors with the API's own words. */
import type { z } from 'zod';
import type { Operations } from '../../worker/api/index.ts';
import type { Problem } from '../../worker/config/check.ts';
import type { DeepReadonly } from '../../worker/protocol/common-schemas.ts';

/** An operation of the API, such as `GET /pools/:pool`. */
export type Address = Operations['address'];
type Described<A extends Address> = Extract<Operations, { address: A }>['description'];

/** The body of an operation's success; null where it has none. */
export type AnswerOf<A extends Address> =
  Described<A> extends { answer: infer Schema extends z.ZodType } ? z.output<Schema> : null;

type ParametersOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParametersOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type Params<A extends Address> = [ParametersOf<A>] extends [never]
  ? { readonly params?: undefined }
  : { readonly params: Readonly<Record<ParametersOf<A>, string>> };
type Query<A extends Address> =
  Described<A> extends { query: infer Fields }
    ? { readonly query?: { readonly [Name in keyof Fields]?: string | number | boolean } }
    : { readonly query?: undefined };
type Body<A extends Address> =
  Described<A> extends { body: infer Schema extends z.ZodType }
    ? { readonly body: DeepReadonly<z.input<Schema>> | Unchecked }
    : { readonly body?: undefined };
type Revision<A extends Address> =
  Described<A> extends { changes: true } ? { readonly revision?: number } : { readonly revision?: undefined };

/**
 * What a call of an operation takes: path parameters, query parameters, body, and for changes the revision that makes it
 * conditional (If-Match): where a newer one is in force, the call throws an ApiError 412.
 */
export type Call<A extends Address> = Params<A> & Query<A> & Body<A> & Revision<A>;

/** A body that nothing is known of, for the API to check. */
export class Unchecked {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** A response that was no success: `status` is HTTP's (0: no response), the message and `errors` are the API's own. */
export class ApiError extends Error {
  readonly status: number;
  /** What is wrong in the body, by path. */
  readonly errors: readonly Problem[];

  constructor(status: number, message: string, errors: readonly Problem[] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** Whether an error means that the browser is not signed in. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** Whether a second try cannot help: the resource does not exist, or the request is not allowed. */
export const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;

/** Calls an operation. Returns the body of its success; throws an ApiError for all else. */
export function call<A extends Address>(
  address: A,
  ...[given]: Partial<Call<A>> extends Call<A> ? [given?: Call<A>] : [given: Call<A>]
): Promise<AnswerOf<A>> {
  const { params = {}, query = {}, body, revision }: AnyCall = given ?? {};
  const [method = '', pattern = ''] = address.split(' ');
  const path = pattern.replaceAll(/:(\w+)/g, (_, name) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  return send(method, search.size > 0 ? `${path}?${search}` : path, body, revision);
}

/** A call as `call` reads it, whatever the operation. */
interface AnyCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly revision?: number;
}

/** Sends a request. Only the OpenAPI document, which no schema of ours describes, is read this way; all else is `call`. */
export async function send<T>(method: string, path: string, body?: unknown, revision?: number): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (revision !== undefined) headers['if-match'] = `"${revision}"`;
  const sent = JSON.stringify(body instanceof Unchecked ? body.value : body);
  const response = await fetch(`/api${path}`, { method, headers, body: sent }).catch(() => {
    throw new ApiError(0, 'The admin host does not answer.');
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text || 'null');
  const { detail, errors } = readProblem(text);
  throw new ApiError(response.status, detail ?? (text.slice(0, 200) || `Status ${response.status}`), errors);
}

/** A problem document; nothing, where the text is none: then the text itself is shown. */
function readProblem(text: string): { readonly detail?: string; readonly errors?: readonly Problem[] } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
