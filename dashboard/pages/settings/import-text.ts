/** From pasted text to a document that can be checked, and the lines that the API's messages are about. No I/O. */
import { findNodeAtLocation, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Problem } from '../../../worker/config/check.ts';
import type { Config } from '../../api/config.ts';
import { plural } from '../../model/format.ts';

/** Why a text is not JSON; line and column count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A text that was read. `at`: the document's path in it, because GET /api/config wraps the document in `config`. */
export type Read =
  | { readonly ok: true; readonly document: unknown; readonly at: string }
  | { readonly ok: false; readonly fault: JsonFault };

/** Reads a text. */
export function readDocument(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, fault: faultOf(text, (error as Error).message) };
  }
  return isAnswer(value)
    ? { ok: true, document: value.config, at: 'config' }
    : { ok: true, document: value, at: '' };
}

const isAnswer = (value: unknown): value is { readonly config: unknown } =>
  typeof value === 'object' && value !== null && 'revision' in value && 'config' in value;

const MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'unexpected text; strings and keys need double quotes',
  InvalidNumberFormat: 'invalid number',
  PropertyNameExpected: 'expected a key in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon',
  CommaExpected: 'expected a comma',
  CloseBraceExpected: 'expected }',
  CloseBracketExpected: 'expected ]',
  EndOfFileExpected: 'expected the end of the text',
  InvalidCommentToken: 'comments are not allowed',
  UnexpectedEndOfComment: 'comments are not allowed',
  UnexpectedEndOfString: 'the string has no end on this line',
  UnexpectedEndOfNumber: 'the number is incomplete',
  InvalidUnicode: 'invalid \\u escape in the string',
  InvalidEscapeCharacter: 'invalid escape in the string',
  InvalidCharacter: 'control character in the string',
};

/** The first fault of a text that JSON.parse refuses; `fallback`: its message if the parser here finds none. */
function faultOf(text: string, fallback: string): JsonFault {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  const offset = first?.offset ?? 0;
  const message = (first && MESSAGES[printParseErrorCode(first.error)]) ?? fallback;
  return { line: lineAt(text, offset), column: offset - text.lastIndexOf('\n', offset - 1), message };
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** A message with its line in the text; 0: its part is not in the text. */
export interface Placed extends Problem {
  readonly line: number;
}

/** Finds the line of each message. A message about a missing part gets the line of the part around it. */
export function placed(text: string, problems: readonly Problem[], at: string): Placed[] {
  const root = parseTree(text);
  const lineOf = (path: readonly (string | number)[]): number | undefined => {
    const node = root && findNodeAtLocation(root, [...path]);
    return node && lineAt(text, node.offset);
  };
  return problems.map((problem) => {
    const path = [...stepsOf(at), ...stepsOf(problem.path)];
    return { ...problem, line: lineOf(path) ?? lineOf(path.slice(0, -1)) ?? 0 };
  });
}

/** The steps of a path: `pools[0].url` is `pools`, 0, `url`. */
const stepsOf = (path: string): (string | number)[] =>
  (path.match(/[^.[\]]+/g) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** `3 pools with 9 backends, 4 routes`. */
export function inventory({ pools, routes }: Config): string {
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return `${plural(pools.length, 'pool')} with ${plural(backends, 'backend')}, ${plural(routes.length, 'route')}`;
}
