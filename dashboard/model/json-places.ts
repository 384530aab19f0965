/** Where things stand in a JSON text: what is wrong with it, and on which line each part of it begins. No I/O. */

/** One thing wrong, at a line and column that count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

class Fault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings must not hold them bare
const STRING = /"([^"\\\u0000-\u001f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Reads a text by JSON's grammar (RFC 8259); `found` is told where each value begins. Throws a Fault. */
class Scanner {
  readonly #text: string;
  readonly #found: (path: string, at: number) => void;
  #at = 0;

  constructor(text: string, found: (path: string, at: number) => void) {
    this.#text = text;
    this.#found = found;
  }

  run(): void {
    this.#value('');
    this.#skip();
    if (this.#at < this.#text.length) this.#fail('the document has ended here; nothing may follow');
  }

  #value(path: string): void {
    this.#skip();
    this.#found(path, this.#at);
    const first = this.#text[this.#at];
    if (first === '{') this.#members(path);
    else if (first === '[') this.#items(path);
    else if (first === '"') this.#string();
    else if (!this.#take(NUMBER) && !this.#take(WORD))
      this.#fail(
        first === undefined
          ? 'the text ends before the document does'
          : `a value is missing before ${shown(first)}`,
      );
  }

  #members(path: string): void {
    this.#list('}', () => {
      if (this.#text[this.#at] !== '"') this.#fail('a key in double quotes is missing');
      const key = JSON.parse(this.#string()) as string;
      this.#skip();
      if (this.#text[this.#at] !== ':') this.#fail(`a colon is missing after "${key}"`);
      this.#at++;
      this.#value(path === '' ? key : `${path}.${key}`);
    });
  }

  #items(path: string): void {
    let i = 0;
    this.#list(']', () => this.#value(`${path}[${i++}]`));
  }

  /** What stands between brackets, with commas between and none at the end. */
  #list(end: string, item: () => void): void {
    this.#at++;
    this.#skip();
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === end) this.#fail(`the comma before ${end} is one too many`);
      item();
      this.#skip();
      const next = this.#text[this.#at];
      if (next === undefined) this.#fail(`${end} is missing`);
      if (next !== end && next !== ',') this.#fail(`a comma or ${end} is missing before ${shown(next!)}`);
      this.#at++;
      if (next === end) return;
    }
  }

  #string(): string {
    const from = this.#at;
    if (!this.#take(STRING))
      this.#fail('this string has no end on its line, or holds what JSON does not allow');
    return this.#text.slice(from, this.#at);
  }

  #skip(): void {
    this.#take(SPACE);
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #fail(message: string): never {
    throw new Fault(this.#at, message);
  }
}

const shown = (character: string): string => (character === "'" ? 'this single quote' : `«${character}»`);

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** What is wrong with a text as JSON; null: nothing. */
export function jsonFault(text: string): JsonFault | null {
  try {
    new Scanner(text, () => undefined).run();
    return null;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { at, message } = error;
    return { line: lineAt(text, at), column: at - text.lastIndexOf('\n', at - 1), message };
  }
}

/** The line on which the part at each path (`pools[0].backends[2].url`) begins; a path that is not there has none. */
export function linesOf(text: string, paths: readonly string[]): ReadonlyMap<string, number> {
  const wanted = new Set(paths);
  const lines = new Map<string, number>();
  new Scanner(text, (path, at) => {
    if (wanted.has(path)) lines.set(path, lineAt(text, at));
  }).run();
  return lines;
}
