/** The route test's question as it is typed, and its result in words. No I/O. */
import type { Candidate, Explanation, LeftOut, Question } from '../../api/explain.ts';
import { countdown } from '../../model/format.ts';

/** A header while it is typed; `id` identifies its row. */
export interface HeaderRow {
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

/** A URL with a scheme: `shop.example.com/cart` becomes `http://shop.example.com/cart`. */
export function withScheme(text: string): string {
  const url = text.trim();
  if (url === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  return `http://${url.replace(/^\/+/, '')}`;
}

/** The question. Headers without a name are omitted, and values of the same name are joined, as in HTTP. */
export function questionOf(
  url: string,
  method: string,
  rows: readonly HeaderRow[],
  { clientIp, country }: { readonly clientIp: string; readonly country: string },
): Question {
  const headers: Record<string, string> = {};
  for (const { name, value } of rows) {
    const key = name.trim();
    if (key !== '') headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return {
    url: withScheme(url),
    method,
    headers,
    ...(clientIp.trim() === '' ? {} : { clientIp: clientIp.trim() }),
    ...(country.trim() === '' ? {} : { country: country.trim().toUpperCase() }),
  };
}

/** What of a more specific route did not fit, in words: `method`, `header x-beta`. */
export function failureInWords(failed: string): string {
  const dot = failed.indexOf('.');
  const kind = KINDS[dot < 0 ? failed : failed.slice(0, dot)] ?? failed;
  return dot < 0 ? kind : `${kind} ${failed.slice(dot + 1)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  path: 'path',
  methods: 'method',
  headers: 'header',
  cookies: 'cookie',
  query: 'query parameter',
  countries: 'country',
  redirect: 'it would redirect to this URL',
};

/** A recent request as a question: its URL without the query, which is not on record. */
export const urlOf = ({ host, path }: { readonly host: string; readonly path: string }): string =>
  `http://${host}${path}`;

/** Why this backend is in this position. */
export function reasonInWords({ reason, pool }: Candidate, { policy, pool: first }: Explanation): string {
  switch (reason) {
    case 'policy':
      return pool === first ? `next by ${policy}` : 'next by the policy of its pool';
    case 'affinity':
      return 'affinity: the cookie or the client address leads here';
    case 'retry':
      return 'retry, if the backends before it fail';
    case 'fail-open':
      return 'every backend is ejected, and the pool uses them anyway';
    case 'tier':
      return 'no backend of a lower tier is available';
    case 'probe':
      return 'its ejection has ended: this request would be its probe';
    case 'fallback':
      return `fallback pool ${pool}: pool ${first} has no available backend`;
  }
}

/** Why this backend is excluded; for a current ejection, the time that is left. `now` in epoch ms. */
export function whyInWords({ status, why, ejectedUntil }: LeftOut, now: number): string {
  if (status !== 'ejected' || ejectedUntil === null || ejectedUntil <= now) return withoutState(why);
  return `probe in ${countdown(ejectedUntil, now)}`;
}

/** The state is already shown before it. */
const withoutState = (why: string): string => why.replace(/^(draining|disabled|weight 0|ejected): /, '');
