/** The list's filters, to and from the URL. No I/O. */
import type { RequestFilter } from '../../api/requests.ts';

/** The API's filters; `id`: the request whose details are open. */
export interface RequestsSearch extends RequestFilter {
  readonly id?: string;
}

/** Every filter: the parameters of the URL, too. */
export const KEYS = [
  'pool',
  'backend',
  'outcome',
  'status',
  'failed',
  'retried',
  'slowerThanMs',
  'method',
  'host',
  'path',
  'route',
  'unrouted',
  'withinMs',
] as const satisfies readonly (keyof RequestFilter)[];

/** The filters that the URL contains. */
export function filterOf(search: RequestsSearch): RequestFilter {
  const given = KEYS.flatMap((key) => (search[key] === undefined ? [] : [[key, search[key]]]));
  return Object.fromEntries(given) as RequestFilter;
}

/** Whether any filter is set. */
export const isFiltered = (filter: RequestFilter): boolean => Object.keys(filter).length > 0;

/** The search with one filter changed; an empty value removes it. Another pool removes the backend filter too. */
export function withFilter(search: RequestsSearch, key: keyof RequestFilter, value: string): RequestsSearch {
  const next = { ...search, [key]: value === '' ? undefined : value };
  return key === 'pool' && next.pool !== search.pool ? { ...next, backend: undefined } : next;
}

/** The search without filters; open details stay open. */
export const withoutFilters = ({ id }: RequestsSearch): RequestsSearch => ({ id });

/** Whether a status or a class of statuses is complete. */
export const isStatus = (text: string): boolean => /^([1-5](\d\d|xx))?$/.test(text);

/** The filters that one click sets, each with what it sets. */
export const QUICK: readonly {
  readonly name: string;
  readonly key: keyof RequestFilter;
  readonly value: string;
}[] = [
  { name: '5xx', key: 'status', value: '5xx' },
  { name: '4xx', key: 'status', value: '4xx' },
  { name: 'Failed', key: 'failed', value: 'true' },
  { name: 'Retried', key: 'retried', value: 'true' },
  { name: 'Slower than 1 s', key: 'slowerThanMs', value: '1000' },
  { name: 'Without a route', key: 'unrouted', value: 'true' },
];

/** Times to look back, in ms, and their labels. */
export const WITHIN: readonly (readonly [value: string, words: string])[] = [
  ['60000', 'last minute'],
  ['300000', 'last 5 minutes'],
  ['900000', 'last 15 minutes'],
  ['3600000', 'last hour'],
];
