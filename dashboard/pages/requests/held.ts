/** The list of mappings as it grows: newest first, nothing twice, never more than is kept. No I/O. */
import { KEPT, type Mapping } from '../../api/requests.ts';

/** Tells a mapping from all others. An id alone does not: clients may send one several times. */
export const keyOf = ({ requestId, at, pool, path }: Mapping): string => `${requestId} ${at} ${pool}${path}`;

/** Later answers first, as the API lists them: what has just ended stands on top, however long it took. */
const byEnd = (a: Mapping, b: Mapping): number => b.at + b.ms - (a.at + a.ms);

/** Both lists as one. What was known keeps its identity, so that its row is not drawn anew. */
export function merged(known: readonly Mapping[], fresh: readonly Mapping[]): readonly Mapping[] {
  const keys = new Set(known.map(keyOf));
  const added: Mapping[] = [];
  for (const mapping of fresh) {
    const key = keyOf(mapping);
    if (keys.has(key)) continue;
    keys.add(key);
    added.push(mapping);
  }
  return added.length === 0 ? known : [...added, ...known].sort(byEnd).slice(0, KEPT);
}

/** How many of `now` came after what is `shown`. */
export function countNew(shown: readonly Mapping[], now: readonly Mapping[]): number {
  if (shown === now) return 0;
  const keys = new Set(shown.map(keyOf));
  return now.filter((mapping) => !keys.has(keyOf(mapping))).length;
}
