/** A difference between two configurations in words: where it is, what was done, the old and the new value. No I/O. */
import type { Difference } from '../api/revisions.ts';

/** `reordered`: the same items in another order; `set` and `unset`: a field that had no value, or has none now. */
export type Kind = 'added' | 'removed' | 'changed' | 'set' | 'unset' | 'reordered';

/** A path as words: `pools[shop].backends[a].weight` is `pool shop`, `backend a`, `weight`. */
export function wordsOf(path: string): string[] {
  if (path === '') return ['the whole document'];
  const steps = path.match(/[^.[\]]+(?:\[[^\]]*\])?/g) ?? [];
  return steps.map((step) => {
    const [, list, id] = /^([^[]+)s\[(.*)\]$/.exec(step) ?? [];
    return list === undefined ? step : `${list} ${id}`;
  });
}

/** What was done. Items of a list are added or removed; fields always exist, and change. */
export function kindOf({ path, from, to }: Difference): Kind {
  const isItem = path.endsWith(']');
  if (from === null) return isItem ? 'added' : 'set';
  if (to === null) return isItem ? 'removed' : 'unset';
  return isOrder(from) && isOrder(to) && sameIds(from, to) ? 'reordered' : 'changed';
}

const isOrder = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 1 && value.every((id) => typeof id === 'string');
const sameIds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id));

/** A value on one line, or on indented lines when it has parts. */
export function textOf(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(', ');
  return JSON.stringify(value, null, 2) ?? String(value);
}
