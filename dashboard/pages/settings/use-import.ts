/** What the API makes of a text that somebody means to import, asked once the typing pauses. */
import { useEffect, useState } from 'react';
import { type Accepted, checkDocument } from '../../api/document-check.ts';
import type { JsonFault } from '../../model/json-places.ts';
import { type Placed, placed, readDocument } from './import-text.ts';

/** `failed`: no answer about the document came. */
export type ImportState =
  | { readonly phase: 'empty' | 'asking' }
  | { readonly phase: 'fault'; readonly fault: JsonFault }
  | { readonly phase: 'refused'; readonly problems: readonly Placed[] }
  | { readonly phase: 'accepted'; readonly accepted: Accepted }
  | { readonly phase: 'failed'; readonly message: string };

const PAUSE_MS = 250;

/** Asks again when `revision`, the one in force, becomes another: what would differ is another then. */
export function useImport(text: string, revision: number): ImportState {
  const [state, setState] = useState<ImportState>({ phase: 'empty' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same text is asked about anew at another revision
  useEffect(() => {
    if (text.trim() === '') {
      setState({ phase: 'empty' });
      return;
    }
    let isLate = false;
    const timer = setTimeout(async () => {
      setState({ phase: 'asking' });
      const next = await judge(text);
      if (!isLate) setState(next);
    }, PAUSE_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [text, revision]);
  return state;
}

async function judge(text: string): Promise<ImportState> {
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
