/** Conditional requests (RFC 9110, 13.1): `If-Match` and `If-None-Match` against the ETag, which is the revision in quotes. */
import { createMiddleware } from 'hono/factory';
import type { Precondition } from '../../config/precondition.ts';
import { fail } from './problem.ts';

/** One entity tag: `weak` if it is marked `W/`, `value` without the quotes. */
export interface EntityTag {
  readonly weak: boolean;
  readonly value: string;
}

/** Reads a list of entity tags, or `*`; null when the text is neither. */
function readTags(text: string): readonly EntityTag[] | '*' | null {
  if (text.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  let isNext = true;
  for (const [token, weak, value] of text.matchAll(/(W\/)?"([^"]*)"|\S/g)) {
    if (token === ',') isNext = true;
    else if (value === undefined || !isNext) return null;
    else {
      tags.push({ weak: weak !== undefined, value });
      isNext = false;
    }
  }
  return tags.length > 0 ? tags : null;
}

/** The conditions of a change by its `If-Match` and `If-None-Match` headers; 400 when one cannot be read. */
export function readPrecondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): Precondition {
  const wanted = readHeader('If-Match', ifMatch);
  const unwanted = readHeader('If-None-Match', ifNoneMatch);
  return {
    // A weak tag never matches: If-Match takes the strong comparison (RFC 9110, 8.8.3.2).
    ifRevision: Array.isArray(wanted) ? oneOrAll(revisionsOf(wanted.filter(({ weak }) => !weak))) : null,
    ...(wanted === '*' ? { ifExists: true } : {}),
    ...(Array.isArray(unwanted) ? { unlessRevision: revisionsOf(unwanted) } : {}),
    ...(unwanted === '*' ? { ifMissing: true } : {}),
  };
}

function readHeader(name: string, text: string | undefined): readonly EntityTag[] | '*' | undefined {
  if (text === undefined) return undefined;
  return (
    readTags(text) ?? fail(400, `${name} must be * or revisions in quotes, such as "41", as ETag gives them.`)
  );
}

/** The revisions among the tags; any other tag never matches. */
const revisionsOf = (tags: readonly EntityTag[]): number[] =>
  tags.filter(({ value }) => /^\d{1,15}$/.test(value)).map(({ value }) => Number(value));

/** A single revision goes as a number: the Directory of the previous release knows only that. */
const oneOrAll = (revisions: number[]): number | number[] =>
  revisions.length === 1 ? revisions[0]! : revisions;

/** Answers 304 to a GET whose `If-None-Match` holds the ETag of the response, by the weak comparison (RFC 9110, 13.1.2). */
export const answerUnchanged = createMiddleware(async (c, next) => {
  await next();
  const header = c.req.header('if-none-match');
  const etag = c.res.headers.get('etag');
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  if (header === undefined || etag === null || !isRead || !c.res.ok) return;
  const tags = readTags(header);
  const isKnown = tags === '*' || tags?.some(({ value }) => `"${value}"` === etag);
  if (isKnown) c.res = new Response(null, { status: 304, headers: { etag } });
});
