/** One operation of the API as one value: its address, what describes it, and the handler that answers it. */
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Message } from '../../protocol/common-schemas.ts';
import { type ApiEnv, requireOperator } from '../auth/access.ts';

/** The methods of the API. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** A method and a path below `/api`, with `:name` for parameters. */
export type Address = `${Method} /${string}`;
/** The path of an address. */
export type PathOf<A extends Address> = A extends `${Method} ${infer Path}` ? Path : never;

/**
 * What the OpenAPI document and the dashboard's types are made of. The build takes every description out of the Worker
 * (scripts/support/openapi.ts), so that the schemas of responses are not deployed: no handler may read one.
 */
export interface Description {
  readonly summary: string;
  /** Query parameters by name. */
  readonly query?: Readonly<Record<string, z.ZodType>>;
  /** The JSON body of the request. */
  readonly body?: z.ZodType;
  /** The JSON body of a success, or another media type. Left out: no content. */
  readonly answer?: z.ZodType | `${string}/${string}`;
  /** Answers 101 with a WebSocket. */
  readonly upgrades?: boolean;
  /** Answers 201 where it creates what does not exist yet. */
  readonly creates?: boolean;
  /** Changes the configuration: takes the conditions of http/conditions.ts. */
  readonly changes?: boolean;
  /** Only a new revision changes its response: it carries an ETag, and answers 304 to it. */
  readonly revised?: boolean;
  /** Statuses of problems besides those that follow from the rest. */
  readonly problems?: readonly number[];
}

/** What a handler returns: the body, for a description that has a schema for it, or the response itself. */
type Answer<D extends Description> = D['answer'] extends z.ZodType
  ? Message<D['answer']> | Response
  : Response;

/** One operation. */
export interface Operation<A extends Address = Address, D extends Description = Description> {
  readonly address: A;
  readonly method: Method;
  readonly path: string;
  readonly description: D;
  /** Needs neither token nor session. */
  readonly isOpen: boolean;
  /** Answers a request from anyone. */
  readonly run: (c: Context<ApiEnv>) => Promise<Response>;
  /** Answers a request of those who may send it. */
  readonly handle: (c: Context<ApiEnv>) => Promise<Response>;
}

/** An operation that needs sign-in. Viewers may call it if it is a GET; see `openToViewers` for the others. */
export function operation<const A extends Address, const D extends Description>(
  address: A,
  description: D,
  handler: (c: Context<ApiEnv, PathOf<A>>) => Answer<D> | Promise<Answer<D>>,
): Operation<A, D> {
  const [method, path] = address.split(' ') as [Method, string];
  const run = async (c: Context<ApiEnv>) => {
    const answer = await handler(c);
    return answer instanceof Response ? answer : c.json(answer);
  };
  return guarded({ address, method, path, description, isOpen: false, run }, () => method === 'GET');
}

/** The operation with a check of who calls it before `run`. */
function guarded<A extends Address, D extends Description>(
  operation: Omit<Operation<A, D>, 'handle'>,
  isForViewers: (c: Context<ApiEnv>) => boolean,
): Operation<A, D> {
  const handle = async (c: Context<ApiEnv>) => {
    if (!isForViewers(c)) requireOperator(c);
    return operation.run(c);
  };
  return { ...operation, handle };
}

/** An operation that changes nothing although it is no GET; `when`: only such calls of it. */
export const openToViewers = <A extends Address, D extends Description>(
  operation: Operation<A, D>,
  when: (c: Context<ApiEnv>) => boolean = () => true,
): Operation<A, D> => guarded(operation, when);

/** An operation that anyone may call: it must check the request on its own. */
export const openOperation: typeof operation = (address, description, handler) => ({
  ...operation(address, description, handler),
  isOpen: true,
});

/** The operations as an app. */
export function serve(operations: readonly Operation[]): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  for (const { method, path, handle } of operations) app.on(method, path, handle);
  return app;
}
