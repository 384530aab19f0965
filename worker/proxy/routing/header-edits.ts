/** The changes that a route makes to headers: compiled once per configuration, with variables filled in per message. No I/O. */
import { hasEdits } from '../../config/check-route.ts';
import { VARIABLES } from '../../config/fields.ts';
import type { RouteConfig } from '../../config/schema.ts';
import { countryOf, type RoutableRequest } from './conditions.ts';
import type { Target } from './target.ts';

type Variable = (typeof VARIABLES)[number];

/** A header and its value: text and variables by turns, beginning with text. */
interface Line {
  readonly name: string;
  readonly texts: readonly string[];
  readonly variables: readonly Variable[];
}

/** Compiled changes to the headers of a message. */
export interface HeaderEdits {
  readonly remove: readonly string[];
  readonly set: readonly Line[];
  readonly add: readonly Line[];
}

/** What variables are filled in from. */
export interface EditContext extends RoutableRequest {
  readonly target: Target;
  readonly requestId: string;
  readonly route: Pick<RouteConfig, 'id'>;
}

/** Compiles changes to headers; null: there are none. */
export function compileEdits(edits: RouteConfig['requestHeaders']): HeaderEdits | null {
  if (!hasEdits(edits)) return null;
  return { remove: edits.remove, set: compileLines(edits.set), add: compileLines(edits.add) };
}

/** Compiles headers with their values. */
export function compileLines(headers: Readonly<Record<string, string>>): Line[] {
  return Object.entries(headers).map(([name, value]) => {
    const parts = value.split(ANY_VARIABLE);
    return {
      name,
      texts: parts.filter((_, i) => i % 2 === 0),
      variables: parts.filter((_, i) => i % 2 === 1) as Variable[],
    };
  });
}

/** Its one group makes `split` return texts and variables by turns. */
const ANY_VARIABLE = new RegExp(`\\$\\{(${VARIABLES.join('|').replaceAll('.', '\\.')})\\}`);

/** Removes, then sets, then adds. `backend`: whose message it is, or '' if no backend is concerned. */
export function applyEdits(
  headers: Headers,
  { remove, set, add }: HeaderEdits,
  context: EditContext,
  backend: string,
): void {
  for (const name of remove) headers.delete(name);
  for (const line of set) headers.set(line.name, fillIn(line, context, backend));
  for (const line of add) headers.append(line.name, fillIn(line, context, backend));
}

/** The headers with the changes applied to a copy, as each attempt has a backend of its own; the same without changes. */
export function withEdits(
  headers: Headers,
  edits: HeaderEdits | null,
  context: EditContext,
  backend: string,
): Headers {
  if (edits === null) return headers;
  const copy = new Headers(headers);
  applyEdits(copy, edits, context, backend);
  return copy;
}

function fillIn({ texts, variables }: Line, context: EditContext, backend: string): string {
  let value = texts[0] ?? '';
  variables.forEach((variable, i) => {
    value += printable(readVariable(variable, context, backend)) + texts[i + 1]!;
  });
  return value;
}

/** What a client sends, such as its Host, must not break a header; the runtime refuses most of it already. */
const printable = (text: string): string => text.replaceAll(/[^\x21-\x7e]/g, '');

function readVariable(variable: Variable, context: EditContext, backend: string): string {
  switch (variable) {
    case 'client.ip':
      return context.headers.get('cf-connecting-ip') ?? '';
    case 'client.country':
      return countryOf(context) ?? '';
    case 'request.id':
      return context.requestId;
    case 'request.host':
      return context.target.host;
    case 'route':
      return context.route.id;
    case 'backend':
      return backend;
  }
}
