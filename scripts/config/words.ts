/** What `npm run config` prints: the changes of a plan, and the lines of a file that its problems are about. No I/O. */
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { Difference, Problem } from '../../worker/protocol/common-schemas.ts';

/** A value longer than this, in characters of JSON, is cut. */
const VALUE_LENGTH = 200;

/** One line for each change: `+` added, `-` removed, `~` changed. */
export const planLines = (changes: readonly Difference[]): string[] =>
  changes.map(({ path, from, to }) => {
    const at = path === '' ? 'the document' : path;
    if (from === null && typeof to === 'object') return `+ ${at}: ${shown(to)}`;
    if (to === null && typeof from === 'object') return `- ${at}: ${shown(from)}`;
    return `~ ${at}: ${shown(from)} -> ${shown(to)}`;
  });

/** `2 changes: 1 added, 1 removed`. */
export function planSummary(changes: readonly Difference[]): string {
  const marks = planLines(changes).map((line) => line[0]);
  const kinds = [
    ['+', 'added'],
    ['~', 'changed'],
    ['-', 'removed'],
  ] as const;
  const parts = kinds
    .map(([mark, word]) => ({ count: marks.filter((other) => other === mark).length, word }))
    .filter(({ count }) => count > 0);
  const all = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
  return `${all}: ${parts.map(({ count, word }) => `${count} ${word}`).join(', ')}`;
}

const shown = (value: unknown): string => {
  const json = JSON.stringify(value);
  return json.length > VALUE_LENGTH ? `${json.slice(0, VALUE_LENGTH)}…` : json;
};

/** One line for each problem: the file, the line in it where it can be found, the path and the message. */
export function problemLines(file: string, text: string, problems: readonly Problem[]): string[] {
  const root = parseTree(text);
  const lineOf = (path: readonly (string | number)[]): number | null => {
    const node = root && findNodeAtLocation(root, [...path]);
    return node ? text.slice(0, node.offset).split('\n').length : null;
  };
  return problems.map(({ path, message }) => {
    const steps = stepsOf(path);
    const line = lineOf(steps) ?? lineOf(steps.slice(0, -1));
    return `${file}${line === null ? '' : `:${line}`}: ${path === '' ? 'the document' : path} ${message}`;
  });
}

/** The steps of a path: `pools[0].url` is `pools`, 0, `url`. */
const stepsOf = (path: string): (string | number)[] =>
  (path.match(/[^.[\]]+/g) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
