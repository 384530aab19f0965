/** A difference between two configurations in words: where it lies, what was done, from what to what. No I/O. */
import type { Difference } from '../api/revisions.ts';

/** `ordered`: the same items in another order; `set` and `unset`: a field that had, or now has, no value. */
export type Kind = 'added' | 'removed' | 'changed' | 'set' | 'unset' | 'reordered';

/** The steps of a path as a person says them: `pools[shop].backends[a].weight` is pool shop, backend a, weight. */
export function wordsOf(path: string): string[] {
  if (path === '') return ['the whole document'];
  const steps = path.match(/[^.[\]]+(?:\[[^\]]*\])?/g) ?? [];
  return steps.map((step) => {
    const [, list, id] = /^([^[]+)s\[(.*)\]$/.exec(step) ?? [];
    return list === undefined ? step : `${list} ${id}`;
  });
}

/** What was done. An item of a list is added or removed; a field is there always, and changes. */
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

/** A value in one line, or as indented lines when it has parts of its own. */
export function textOf(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(', ');
  return JSON.stringify(value, null, 2) ?? String(value);
}
