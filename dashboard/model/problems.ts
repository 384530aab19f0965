/** The API's messages about a document: which part of it, and which field of a form, each belongs to. No I/O. */
import type { Problem } from '../../worker/config/check.ts';
import type { Config } from '../api/config.ts';

/** The problems within a part of the document, with paths relative to it: `url`, `retry.on[2]`. */
export const within = (problems: readonly Problem[], part: string): Problem[] =>
  problems
    .filter(({ path }) => path === part || path.startsWith(`${part}.`) || path.startsWith(`${part}[`))
    .map((problem) => ({ ...problem, path: problem.path.slice(part.length).replace(/^\./, '') }));

/** The message for a field: one at its path, or at a part of it (`retry.on[2]` belongs to `retry.on`). */
export const messageAt = (problems: readonly Problem[], field: string): string | undefined =>
  problems.find(({ path }) => path === field || path.startsWith(`${field}[`) || path.startsWith(`${field}.`))
    ?.message;

/** A form's messages: those of its fields, and those that belong to no field, as text. `part`: what the form edits. */
export function splitProblems(problems: readonly Problem[], part: string, fields: readonly string[]) {
  const own = within(problems, part);
  const isPlaced = (problem: Problem) => fields.some((field) => messageAt([problem], field) !== undefined);
  const elsewhere = problems.filter((problem) => within([problem], part).length === 0);
  return {
    own: own.filter(isPlaced),
    rest: [...own.filter((problem) => !isPlaced(problem)), ...elsewhere].map(inWords),
  };
}

/** `routes[0].pool names no pool`. */
export const inWords = ({ path, message }: Problem): string => `${path} ${message}`.trim();

/** The path of a part of the document: `pools[0].backends[2]`, `routes[3]`; null when there is no such part. */
export function pathOf(
  config: Config,
  part: { readonly pool: string; readonly backend?: string } | { readonly route: string },
): string | null {
  if ('route' in part) return step('routes', config.routes, part.route);
  const pool = step('pools', config.pools, part.pool);
  if (pool === null || part.backend === undefined) return pool;
  const backends = config.pools.find(({ id }) => id === part.pool)?.backends ?? [];
  const backend = step('backends', backends, part.backend);
  return backend === null ? null : `${pool}.${backend}`;
}

const step = (name: string, items: readonly { readonly id: string }[], id: string): string | null => {
  // The last one with that id: of two, the appended one is at fault.
  const index = items.findLastIndex((item) => item.id === id);
  return index < 0 ? null : `${name}[${index}]`;
};
