/** The list's filters, to and from the URL. No I/O. */
import type { RequestFilter } from '../../api/requests.ts';

/** The API's filters; `id`: the request whose details are open. */
export interface RequestsSearch extends RequestFilter {
  readonly id?: string;
}

const KEYS = ['pool', 'backend', 'outcome', 'status', 'path'] as const;

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

/** Whether a status is complete. */
export const isStatus = (text: string): boolean => text === '' || /^[1-5]\d\d$/.test(text);
