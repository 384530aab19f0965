/** From a pasted text to a document that can be asked about, and the API's messages with the lines they are about. No I/O. */
import type { Problem } from '../../../worker/config/check.ts';
import type { Config } from '../../api/config.ts';
import { plural } from '../../model/format.ts';
import { type JsonFault, jsonFault, linesOf } from '../../model/json-places.ts';

/** A text that was read. `at`: where the document is in it, for what GET /api/config answers holds it as `config`. */
export type Read =
  | { readonly ok: true; readonly document: unknown; readonly at: string }
  | { readonly ok: false; readonly fault: JsonFault };

/** Reads a text. */
export function readDocument(text: string): Read {
  const fault = jsonFault(text);
  if (fault) return { ok: false, fault };
  const value = JSON.parse(text) as unknown;
  return isAnswer(value)
    ? { ok: true, document: value.config, at: 'config' }
    : { ok: true, document: value, at: '' };
}

const isAnswer = (value: unknown): value is { readonly config: unknown } =>
  typeof value === 'object' && value !== null && 'revision' in value && 'config' in value;

/** A message with its line in the text; 0 where the part that it is about is not in it. */
export interface Placed extends Problem {
  readonly line: number;
}

/** Finds the line of each message; one about something that is missing stands at what should hold it. */
export function placed(text: string, problems: readonly Problem[], at: string): Placed[] {
  const whole = (path: string) => [at, path].filter((part) => part !== '').join('.');
  const above = (path: string) => path.replace(/(^|\.)[^.[\]]+$|\[\d+\]$/, '');
  const lines = linesOf(
    text,
    problems.flatMap(({ path }) => [whole(path), whole(above(path))]),
  );
  return problems.map((problem) => ({
    ...problem,
    line: lines.get(whole(problem.path)) ?? lines.get(whole(above(problem.path))) ?? 0,
  }));
}

/** `3 pools with 9 backends, 4 routes`. */
export function inventory({ pools, routes }: Config): string {
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return `${plural(pools.length, 'pool')} with ${plural(backends, 'backend')}, ${plural(routes.length, 'route')}`;
}
