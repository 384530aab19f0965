/** The response to a request under `/api` that no operation answers: 405 where the path has other methods, else 404. */
import type { Context } from 'hono';
import type { ApiEnv } from '../auth/access.ts';
import type { Operation } from './operation.ts';
import { problem } from './problem.ts';

/** Makes the handler for all that `operations` leave unanswered. */
export const notFound =
  (operations: readonly Operation[]) =>
  (c: Context<ApiEnv>): Response => {
    const { method, path } = c.req;
    const parts = path.split('/').slice(2);
    const methods = operations
      .filter((operation) => isAt(operation.path.split('/').slice(1), parts))
      .map((operation) => operation.method);
    if (methods.length === 0) return problem(404, `There is no ${method} ${path}.`);
    return problem(405, `${path} takes ${methods.join(', ')}.`, undefined, { allow: methods.join(', ') });
  };

const isAt = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length &&
  pattern.every((part, i) => part === parts[i] || (part.startsWith(':') && parts[i] !== ''));
