/**
 * Takes an nginx configuration apart into directives with their lines. No I/O. Our own, for the parsers on npm do not do:
 * nginx-conf and @webantic/nginx-config-parser tell no directive's line, and leave its arguments one string or merge those
 * of one name.
 */

export interface Directive {
  readonly name: string;
  /** Quotes and escapes resolved. */
  readonly args: readonly string[];
  readonly file: string;
  readonly line: number;
  /** What stands between its braces; null when it ends with a semicolon. */
  readonly block: readonly Directive[] | null;
}

/** What is wrong with a file, at its line. */
export class NginxSyntaxError extends Error {
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = 'NginxSyntaxError';
  }
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly kind: 'word' | '{' | '}' | ';';
}

/** Parses one file. Throws NginxSyntaxError. */
export function parseNginx(text: string, file: string): Directive[] {
  return readBlock(new Tokens(text, file), file, null);
}

/** Reads until the closing brace, or until the end for a file (`opened` is null). */
function readBlock(tokens: Tokens, file: string, opened: Directive | null): Directive[] {
  const directives: Directive[] = [];
  for (;;) {
    const token = tokens.next();
    if (token === null) {
      if (opened === null) return directives;
      throw new NginxSyntaxError(
        file,
        tokens.line,
        `the file ends inside ${opened.name}, opened in line ${opened.line}: a "}" is missing`,
      );
    }
    if (token.kind === '}') {
      if (opened !== null) return directives;
      throw new NginxSyntaxError(file, token.line, 'a "}" without its "{"');
    }
    if (token.kind !== 'word')
      throw new NginxSyntaxError(file, token.line, `a "${token.kind}" without a directive`);
    directives.push(readDirective(tokens, file, token));
  }
}

function readDirective(tokens: Tokens, file: string, { text: name, line }: Token): Directive {
  const args: string[] = [];
  for (;;) {
    const token = tokens.next();
    if (token === null || token.kind === '}')
      throw new NginxSyntaxError(
        file,
        token?.line ?? tokens.line,
        `${name} of line ${line} does not end: a ";" is missing`,
      );
    if (token.kind === 'word') {
      args.push(token.text);
      continue;
    }
    const directive = { name, args, file, line, block: null };
    if (token.kind === ';') return directive;
    // Its inside is Lua, whose braces and quotes are not ours.
    if (name.endsWith('_by_lua_block')) {
      tokens.skipBraces(directive);
      return { ...directive, block: [] };
    }
    return { ...directive, block: readBlock(tokens, file, directive) };
  }
}

/** A comment, a long bracket or a string of Lua (Lua 5.1 manual, 2.1). */
const LUA_TEXT =
  /--\[(=*)\[[\s\S]*?\]\1\]|--[^\n]*|\[(=*)\[[\s\S]*?\]\2\]|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;

/** The words and signs of a text, by nginx's rules (ngx_conf_file.c, ngx_conf_read_token). */
class Tokens {
  line = 1;
  readonly #text: string;
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    this.#file = file;
  }

  next(): Token | null {
    this.#skipSpace();
    const line = this.line;
    const sign = this.#text[this.#at];
    if (sign === undefined) return null;
    if (sign === '{' || sign === '}' || sign === ';') {
      this.#at++;
      return { text: sign, line, kind: sign };
    }
    const text = sign === '"' || sign === "'" ? this.#quoted(sign) : this.#word();
    return { text, line, kind: 'word' };
  }

  /** Moves behind the brace that closes the Lua block just opened. Lua's own strings and comments may contain braces. */
  skipBraces(opened: Directive): void {
    for (let depth = 1; depth > 0; ) {
      LUA_TEXT.lastIndex = this.#at;
      const part = LUA_TEXT.exec(this.#text)?.[0] ?? this.#text[this.#at];
      if (part === undefined)
        throw new NginxSyntaxError(
          this.#file,
          this.line,
          `${opened.name} of line ${opened.line} is not closed`,
        );
      this.line += part.split('\n').length - 1;
      this.#at += part.length;
      if (part === '{') depth++;
      if (part === '}') depth--;
    }
  }

  #skipSpace(): void {
    for (;;) {
      const sign = this.#text[this.#at];
      if (sign === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (sign === undefined || !/\s/.test(sign)) return;
      else {
        if (sign === '\n') this.line++;
        this.#at++;
      }
    }
  }

  #quoted(quote: string): string {
    const line = this.line;
    let text = '';
    for (this.#at++; this.#text[this.#at] !== quote; ) {
      if (this.#at >= this.#text.length)
        throw new NginxSyntaxError(this.#file, line, `the ${quote} of this line is not closed`);
      text += this.#sign();
    }
    this.#at++;
    const after = this.#text[this.#at];
    if (after !== undefined && !/[\s;{})]/.test(after))
      throw new NginxSyntaxError(this.#file, this.line, `"${after}" right after a closing ${quote}`);
    return text;
  }

  #word(): string {
    let text = '';
    for (;;) {
      const sign = this.#text[this.#at];
      // The brace of ${name} opens no block.
      if (sign === undefined || /[\s;}]/.test(sign) || (sign === '{' && !text.endsWith('$'))) return text;
      if (sign === '{') {
        const end = this.#text.indexOf('}', this.#at);
        // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx writes its variables so
        if (end < 0) throw new NginxSyntaxError(this.#file, this.line, 'a ${ without its "}"');
        text += this.#text.slice(this.#at, end + 1);
        this.#at = end + 1;
      } else text += this.#sign();
    }
  }

  /** One sign, or what an escape stands for. A backslash stays before what it does not escape: it belongs to a regex. */
  #sign(): string {
    const sign = this.#text[this.#at++]!;
    if (sign === '\n') this.line++;
    if (sign !== '\\') return sign;
    const next = this.#text[this.#at];
    if (next === undefined) return sign;
    this.#at++;
    if (next === '\n') this.line++;
    const stands: Record<string, string> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };
    return stands[next] ?? `\\${next}`;
  }
}
