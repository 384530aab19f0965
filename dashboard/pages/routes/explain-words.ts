/** The answer of «where would this go?» in words, and the question as it is typed. No I/O. */
import type { Candidate, Explanation, LeftOut, Question } from '../../api/explain.ts';
import { countdown } from '../../model/format.ts';

/** A header while it is typed; `id` keeps its row. */
export interface HeaderRow {
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

/** A pasted address with a scheme: `shop.example.com/cart` is asked as `http://shop.example.com/cart`. */
export function withScheme(text: string): string {
  const url = text.trim();
  if (url === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  return `http://${url.replace(/^\/+/, '')}`;
}

/** The question; rows without a name are left out, and values of one name are joined as HTTP joins them. */
export function questionOf(
  url: string,
  method: string,
  rows: readonly HeaderRow[],
  clientIp: string,
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
  };
}

/** Why this backend stands at this place. */
export function reasonInWords({ reason, pool }: Candidate, { policy, pool: first }: Explanation): string {
  switch (reason) {
    case 'policy':
      return pool === first ? `next by ${policy}` : 'next by its pool’s policy';
    case 'affinity':
      return 'where this client stays: its cookie or its address leads here';
    case 'retry':
      return 'if those before it fail';
    case 'fail-open':
      return 'every backend is ejected; the pool asks all the same';
    case 'tier':
      return 'no backend of a lower tier is available';
    case 'probe':
      return 'ejected, its time is over: this request would be its probe';
    case 'fallback':
      return `pool ${pool} stands in: pool ${first} has nobody to ask`;
  }
}

/** Why this backend is left out; an ejection that goes on is told by the time it has left. `now` in epoch ms. */
export function whyInWords({ status, why, ejectedUntil }: LeftOut, now: number): string {
  if (status !== 'ejected' || ejectedUntil === null || ejectedUntil <= now) return withoutState(why);
  return `asked again in ${countdown(ejectedUntil, now)}`;
}

/** The state stands before it already. */
const withoutState = (why: string): string => why.replace(/^(draining|disabled|weight 0|ejected): /, '');

/** `GET http://shop.localhost/cart`, for a heading. */
export const requestLine = ({ method, url }: Question): string => `${method} ${url}`;
