/** An object while a form edits it. */
import { useMemo, useState } from 'react';
import { valueAt, withValue } from './fields.ts';

type Edits = Readonly<Record<string, unknown>>;

/**
 * The object with the edits made so far, and the paths that differ. Only the edits are kept: what others change in the
 * meantime stays as they made it.
 */
export function useDraft<T>(known: T) {
  const [edits, setEdits] = useState<Edits>({});
  const draft = useMemo(
    () => Object.entries(edits).reduce((edited, [path, value]) => withValue(edited, path, value), known),
    [known, edits],
  );
  const edit = (path: string, value: unknown) =>
    setEdits(({ [path]: _, ...others }) =>
      isSame(value, valueAt(known, path)) ? others : { ...others, [path]: value },
    );
  const edited = useMemo(() => Object.keys(edits), [edits]);
  return { draft, edited, edit, discard: () => setEdits({}) };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
