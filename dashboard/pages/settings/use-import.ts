/** Checks a text to import with the API once the typing pauses. */
import { useEffect, useState } from 'react';
import { type Accepted, checkDocument } from '../../api/document-check.ts';
import { type JsonFault, type Placed, placed, readDocument } from './import-text.ts';

/** `failed`: the API did not answer. */
export type ImportState =
  | { readonly phase: 'empty' | 'checking' }
  | { readonly phase: 'fault'; readonly fault: JsonFault }
  | { readonly phase: 'refused'; readonly problems: readonly Placed[] }
  | { readonly phase: 'accepted'; readonly accepted: Accepted }
  | { readonly phase: 'failed'; readonly message: string };

const PAUSE_MS = 250;

/** Checks again when `revision`, the one in force, changes, because the differences are others then. */
export function useImport(text: string, revision: number): ImportState {
  const [state, setState] = useState<ImportState>({ phase: 'empty' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision in force has other differences
  useEffect(() => {
    if (text.trim() === '') {
      setState({ phase: 'empty' });
      return;
    }
    let isLate = false;
    const timer = setTimeout(async () => {
      setState({ phase: 'checking' });
      const next = await check(text);
      if (!isLate) setState(next);
    }, PAUSE_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [text, revision]);
  return state;
}

async function check(text: string): Promise<ImportState> {
  const read = readDocument(text);
  if (!read.ok) return { phase: 'fault', fault: read.fault };
  try {
    const checked = await checkDocument(read.document);
    return checked.ok
      ? { phase: 'accepted', accepted: checked }
      : { phase: 'refused', problems: placed(text, checked.errors, read.at) };
  } catch (error) {
    return { phase: 'failed', message: (error as Error).message };
  }
}
