/** The API's messages about a document: which part and which field each belongs to. No I/O. */
import type { Problem } from '../../worker/config/check.ts';

/** The problems within a part of the document, with paths as its form knows them: `url`, `retry.on[2]`. */
export const within = (problems: readonly Problem[], part: string): Problem[] =>
  problems
    .filter(({ path }) => path === part || path.startsWith(`${part}.`) || path.startsWith(`${part}[`))
    .map((problem) => ({ ...problem, path: problem.path.slice(part.length).replace(/^\./, '') }));

/** The message for a field: at its path, or at a part of it (`retry.on[2]` is the fault of `retry.on`). */
export const messageAt = (problems: readonly Problem[], field: string): string | undefined =>
  problems.find(({ path }) => path === field || path.startsWith(`${field}[`) || path.startsWith(`${field}.`))
    ?.message;
