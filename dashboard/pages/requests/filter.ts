/** The filters of the list, to and from the URL's search. No I/O. */
import type { RequestFilter } from '../../api/requests.ts';

/** The API's own filters; `id`: the request whose story is open. */
export interface RequestsSearch extends RequestFilter {
  readonly id?: string;
}

const KEYS = ['pool', 'backend', 'outcome', 'status', 'path'] as const;

/** What the URL asks for: only what it names. */
export function filterOf(search: RequestsSearch): RequestFilter {
  const given = KEYS.flatMap((key) => (search[key] === undefined ? [] : [[key, search[key]]]));
  return Object.fromEntries(given) as RequestFilter;
}

/** Whether anything is narrowed down. */
export const isFiltered = (filter: RequestFilter): boolean => Object.keys(filter).length > 0;

/** The search with one filter changed; an empty value takes it away. A backend belongs to its pool, and goes with it. */
export function withFilter(search: RequestsSearch, key: keyof RequestFilter, value: string): RequestsSearch {
  const next = { ...search, [key]: value === '' ? undefined : value };
  return key === 'pool' && next.pool !== search.pool ? { ...next, backend: undefined } : next;
}

/** The search without filters; an open story stays open. */
export const withoutFilters = ({ id }: RequestsSearch): RequestsSearch => ({ id });

/** A status can be asked for once it is whole. */
export const isStatus = (text: string): boolean => text === '' || /^[1-5]\d\d$/.test(text);
