/** Takes a HAProxy configuration apart into sections and lines, and its conditions into tests. No I/O. */

/** One line of a section. */
export interface Line {
  readonly name: string;
  /** The words after the first one. */
  readonly args: readonly string[];
  readonly file: string;
  readonly line: number;
}

export interface Section extends Line {
  readonly lines: readonly Line[];
}

/** What is wrong with a file, at its line. */
export class HaproxySyntaxError extends Error {
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = 'HaproxySyntaxError';
  }
}

const SECTIONS = new Set(
  'global defaults frontend backend listen userlist peers resolvers mailers program http-errors ring cache log-forward fcgi-app crt-list traces'.split(
    ' ',
  ),
);

/** Whether a text is a HAProxy configuration: it has its sections, whose first lines end with no `;` or `{`. */
export function isHaproxy(text: string): boolean {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*$/, '').trim());
  const sections = lines.filter((line) => /^(global|defaults|frontend|backend|listen)(\s|$)/.test(line));
  return sections.length > 0 && !sections.some((line) => /[;{]$/.test(line));
}

/** Parses a file. Throws HaproxySyntaxError. */
export function parseHaproxy(text: string, file: string): Section[] {
  const sections: (Section & { lines: Line[] })[] = [];
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const [name, ...args] = splitWords(raw, file, i + 1);
    if (name === undefined) continue;
    const line = { name, args, file, line: i + 1 };
    if (SECTIONS.has(name)) sections.push({ ...line, lines: [] });
    else if (sections.length === 0) throw new HaproxySyntaxError(file, i + 1, `${name} is in no section`);
    else sections.at(-1)!.lines.push(line);
  }
  return sections;
}

/** HAProxy's quoting: weak and strong quotes, backslashes, comments (its configuration manual, 2.2). */
function splitWords(text: string, file: string, line: number): string[] {
  const words: string[] = [];
  let word = '';
  let isOpen = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (/\s/.test(sign)) {
      if (isOpen) words.push(word);
      word = '';
      isOpen = false;
      continue;
    }
    if (sign === '#') break;
    isOpen = true;
    if (sign === '\\') word += text[++at] === undefined ? '' : escaped(text[at]!);
    else if (sign === '"' || sign === "'") {
      const end = closing(text, at);
      if (end < 0) throw new HaproxySyntaxError(file, line, `a ${sign} is not closed`);
      const inside = text.slice(at + 1, end);
      word += sign === '"' ? inside.replaceAll(/\\(["\\$])/g, '$1') : inside;
      at = end;
    } else word += sign;
  }
  return isOpen ? [...words, word] : words;
}

/** What a backslash and a character stand for; one of an expression keeps the backslash. */
const escaped = (sign: string): string => (/[\s#"'\\]/.test(sign) ? sign : `\\${sign}`);

function closing(text: string, from: number): number {
  const quote = text[from]!;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const HOWS = ['str', 'beg', 'end', 'sub', 'reg', 'dir', 'dom', 'found'] as const;

/** One test of an ACL: what is looked at, how, and the values of which one must fit. */
export interface Test {
  /** `path`, `hdr`, `method` … */
  readonly fetch: string;
  /** The name in parentheses. */
  readonly argument: string;
  readonly how: (typeof HOWS)[number] | 'other';
  readonly ignoresCase: boolean;
  readonly values: readonly string[];
}

/** Reads `path_beg -i /api /v1`, `hdr(host) -m beg www.`. */
export function readTest(words: readonly string[]): Test {
  const [criterion = '', ...rest] = words;
  // Converters such as `,lower` follow the parentheses.
  const [, base = criterion, argument = '', converters = ''] =
    /^([\w.]+)(?:\(([^)]*)\))?(,.*)?$/.exec(criterion) ?? [];
  const suffix = HOWS.find((one) => base.endsWith(`_${one}`));
  let how: Test['how'] = suffix ?? 'str';
  let ignoresCase = /lower/.test(converters);
  let at = 0;
  for (; rest[at]?.startsWith('-'); at++) {
    const flag = rest[at];
    if (flag === '-i') ignoresCase = true;
    else if (flag === '-m') how = HOWS.find((one) => one === rest[at + 1]) ?? 'other';
    else if (flag === '-f' || flag === '-M') how = 'other';
    if (flag !== '-i' && flag !== '-n') at++;
  }
  if (/,(?!lower|url_dec|field\(1)/.test(converters)) how = 'other';
  const fetch = (suffix ? base.slice(0, -suffix.length - 1) : base).replace(/^(capture\.)?req\./, '');
  return { fetch, argument: argument.toLowerCase(), how, ignoresCase, values: rest.slice(at) };
}

/** A condition: one of the lists must hold as a whole. */
export type Condition = readonly (readonly { readonly acl: string | Test; readonly isNegated: boolean }[])[];

/** Reads what follows `if` or `unless`: `a !b || { path_beg /x }`. */
export function readCondition(words: readonly string[]): Condition {
  const ways: { acl: string | Test; isNegated: boolean }[][] = [[]];
  for (let at = 0; at < words.length; at++) {
    let word = words[at]!;
    if (word === 'or' || word === '||') {
      ways.push([]);
      continue;
    }
    const isNegated = word.startsWith('!');
    if (isNegated) word = word.slice(1) || (words[++at] ?? '');
    if (word !== '{') ways.at(-1)!.push({ acl: word, isNegated });
    else {
      const end = words.indexOf('}', at);
      const stop = end < 0 ? words.length : end;
      ways.at(-1)!.push({ acl: readTest(words.slice(at + 1, stop)), isNegated });
      at = stop;
    }
  }
  return ways;
}

const ofMethods = (...values: string[]): Test => ({
  fetch: 'method',
  argument: '',
  how: 'str',
  ignoresCase: false,
  values,
});

/** The tests that HAProxy defines itself. */
export const PREDEFINED: Readonly<Record<string, Test | boolean>> = {
  TRUE: true,
  FALSE: false,
  HTTP: true,
  METH_GET: ofMethods('GET', 'HEAD'),
  METH_HEAD: ofMethods('HEAD'),
  METH_POST: ofMethods('POST'),
  METH_PUT: ofMethods('PUT'),
  METH_DELETE: ofMethods('DELETE'),
  METH_OPTIONS: ofMethods('OPTIONS'),
  METH_CONNECT: ofMethods('CONNECT'),
  METH_TRACE: ofMethods('TRACE'),
  METH_PATCH: ofMethods('PATCH'),
};

/** HAProxy's times (`5s`, `500`, `1m`) in milliseconds; null for what is none. `unit`: of a bare number. */
export function readTime(text: string | undefined, unit = 1): number | null {
  const [, number, given] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text ?? '') ?? [];
  if (number === undefined) return null;
  const units: Record<string, number> = {
    us: 0.001,
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
  };
  return Number(number) * (given ? units[given]! : unit);
}
