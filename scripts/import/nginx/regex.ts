/** Regular expressions of nginx that say no more than prefixes and exact paths: which ones. No I/O. */
import { REST } from '../paths.ts';

/** One prefix or exact path that an expression matches, with what its groups take. */
export interface Reach {
  readonly text: string;
  readonly isExact: boolean;
  /** By number; a capture may end with REST. */
  readonly captures: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  /** At least one character must follow: `.+`. */
  readonly needsMore: boolean;
}

/** An expression that can be taken apart. */
export interface Simple {
  readonly reaches: readonly Reach[];
  /** It begins with `^`; otherwise it may match further on too. */
  readonly isAnchored: boolean;
  /** A lone `.` was taken for the character itself. */
  readonly isLoose: boolean;
}

interface Partial {
  readonly text: string;
  readonly isOpen: boolean;
  readonly isEnded: boolean;
  readonly needsMore: boolean;
  readonly captures: readonly string[];
  readonly names: Readonly<Record<string, string>>;
}

const MOST = 64;

class NotSimple extends Error {}

/** Takes an expression apart; null when it says more than prefixes and exact paths. */
export function readRegex(pattern: string): Simple | null {
  const isAnchored = pattern.startsWith('^');
  const reader = new Reader(isAnchored ? pattern.slice(1) : pattern);
  try {
    const ways = reader.readAll();
    return {
      reaches: ways.map(({ text, isOpen, isEnded, needsMore, captures, names }) => ({
        text,
        isExact: isEnded && !isOpen,
        captures,
        names,
        needsMore,
      })),
      isAnchored,
      isLoose: reader.isLoose,
    };
  } catch (error) {
    if (error instanceof NotSimple) return null;
    throw error;
  }
}

/** Goes through an expression with all the texts that it may have matched so far. */
class Reader {
  isLoose = false;
  #at = 0;
  #groups = 0;
  readonly #pattern: string;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  readAll(): readonly Partial[] {
    const empty = { text: '', isOpen: false, isEnded: false, needsMore: false, captures: [''], names: {} };
    const ways = this.#alternatives([empty]);
    if (this.#at < this.#pattern.length) throw new NotSimple();
    return ways;
  }

  #alternatives(from: readonly Partial[]): Partial[] {
    const ways = [...this.#sequence(from)];
    while (this.#pattern[this.#at] === '|') {
      this.#at++;
      ways.push(...this.#sequence(from));
    }
    return ways;
  }

  #sequence(from: readonly Partial[]): readonly Partial[] {
    let ways = from;
    for (;;) {
      const sign = this.#pattern[this.#at];
      if (sign === undefined || sign === '|' || sign === ')') return ways;
      const before = ways;
      ways = this.#item(before, sign);
      const quantifier = this.#pattern[this.#at];
      if (quantifier === '?') {
        this.#at++;
        ways = [...ways, ...before];
      } else if (quantifier !== undefined && '*+{'.includes(quantifier)) throw new NotSimple();
      if (ways.length > MOST) throw new NotSimple();
    }
  }

  #item(ways: readonly Partial[], sign: string): readonly Partial[] {
    this.#at++;
    if (sign === '(') return this.#group(ways);
    if (sign === '$') return ways.map((way) => ({ ...way, isEnded: true }));
    if (sign === '.' && /[*+]/.test(this.#pattern[this.#at] ?? '')) {
      const needsMore = this.#pattern[this.#at++] === '+';
      if (this.#pattern[this.#at] === '?') this.#at++;
      return ways.map((way) => {
        if (way.isOpen || way.isEnded) throw new NotSimple();
        return { ...way, isOpen: true, needsMore };
      });
    }
    return this.#literal(ways, sign);
  }

  #literal(ways: readonly Partial[], sign: string): readonly Partial[] {
    let text = sign;
    if (sign === '\\') {
      text = this.#pattern[this.#at++] ?? '';
      if (!/^[^A-Za-z0-9]$/.test(text)) throw new NotSimple();
    } else if (sign === '.') this.isLoose = true;
    else if ('[]^*+?{}'.includes(sign)) throw new NotSimple();
    return ways.map((way) => {
      if (way.isOpen || way.isEnded) throw new NotSimple();
      return { ...way, text: way.text + text };
    });
  }

  #group(ways: readonly Partial[]): readonly Partial[] {
    const [opening, name] = /^\?(?::|P?<(\w+)>)/.exec(this.#pattern.slice(this.#at)) ?? [''];
    if (opening === '' && this.#pattern[this.#at] === '?') throw new NotSimple();
    this.#at += opening.length;
    const isCapturing = opening !== '?:';
    const number = isCapturing ? ++this.#groups : 0;
    const from = ways.map((way) => ({ ...way, start: way.text.length }));
    const inner = this.#alternatives(from) as (Partial & { start: number })[];
    if (this.#pattern[this.#at++] !== ')') throw new NotSimple();
    if (!isCapturing) return inner;
    return inner.map(({ start, ...way }) => {
      const captured = way.text.slice(start) + (way.isOpen ? REST : '');
      const captures = [...way.captures];
      captures[number] = captured;
      return { ...way, captures, names: name ? { ...way.names, [name]: captured } : way.names };
    });
  }
}

/** A longer path that an expression treats in its own way. */
export interface Below {
  readonly text: string;
  readonly isExact: boolean;
}

/** How an expression applies to requests: with these captures, not at all, or for some that cannot be named. */
export type Matched =
  | {
      readonly kind: 'yes';
      readonly captures: readonly string[];
      readonly names: Readonly<Record<string, string>>;
      readonly below: readonly Below[];
    }
  | { readonly kind: 'no'; readonly below: readonly Below[] }
  | { readonly kind: 'maybe' };

/** Whether an expression matches `text`, which may end with REST. Longer paths that differ are listed, not judged. */
export function matchText(pattern: string, ignoresCase: boolean, text: string): Matched {
  if (!text.includes(REST)) return matchKnown(pattern, ignoresCase, text);
  if (text.indexOf(REST) !== text.length - 1) return { kind: 'maybe' };
  const simple = readRegex(pattern);
  const base = text.slice(0, -1);
  if (!simple) return isDisjoint(pattern, ignoresCase, base) ? { kind: 'no', below: [] } : { kind: 'maybe' };
  const fold = (value: string) => (ignoresCase ? value.toLowerCase() : value);
  const below: Below[] = [];
  for (const reach of simple.reaches) {
    if (!reach.isExact && fold(base).startsWith(fold(reach.text))) {
      if (reach.needsMore && base.length === reach.text.length) below.push({ text: base, isExact: true });
      const fill = (captured = '') => captured.replace(REST, base.slice(reach.text.length) + REST);
      const names = Object.fromEntries(
        Object.entries(reach.names).map(([name, value]) => [name, fill(value)]),
      );
      return { kind: 'yes', captures: [text, ...reach.captures.slice(1).map(fill)], names, below };
    }
    if (fold(reach.text).startsWith(fold(base)))
      below.push({ text: base + reach.text.slice(base.length), isExact: reach.isExact });
  }
  return simple.isAnchored ? { kind: 'no', below } : { kind: 'maybe' };
}

function matchKnown(pattern: string, ignoresCase: boolean, text: string): Matched {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern.replaceAll('(?P<', '(?<'), ignoresCase ? 'i' : '');
  } catch {
    return { kind: 'maybe' };
  }
  const found = regex.exec(text);
  if (!found) return { kind: 'no', below: [] };
  return { kind: 'yes', captures: [...found].map((one) => one ?? ''), names: { ...found.groups }, below: [] };
}

/** The characters that every match begins with. */
export function literalStart(pattern: string): string {
  if (!pattern.startsWith('^') || /\|/.test(pattern.replaceAll(/\([^()]*\)/g, ''))) return '';
  const [, start = ''] = /^\^((?:[\w\-/~%@:=,;!]|\\[^A-Za-z0-9])*)/.exec(pattern) ?? [];
  // A quantifier belongs to the last character.
  const next = pattern[start.length + 1] ?? '';
  return (/[?*{]/.test(next) ? start.replace(/\\?.$/, '') : start).replaceAll('\\', '');
}

function isDisjoint(pattern: string, ignoresCase: boolean, base: string): boolean {
  const fold = (value: string) => (ignoresCase ? value.toLowerCase() : value);
  const start = fold(literalStart(pattern));
  return !start.startsWith(fold(base)) && !fold(base).startsWith(start);
}
