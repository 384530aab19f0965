/** nginx's variables as far as a file tells their values: constants, maps, splits, and parts of the request. No I/O. */
import type { Condition } from '../conditions.ts';
import type { Directive } from './parse.ts';
import { readRegex } from './regex.ts';

/** `map`, or `geo` with only its default known. */
export interface MapVariable {
  readonly directive: Directive;
  readonly source: string;
  readonly cases: readonly MapCase[];
  readonly fallback: string;
}

export interface MapCase {
  readonly key: string;
  readonly value: string;
}

/** `split_clients`. */
export interface SplitVariable {
  readonly directive: Directive;
  readonly key: string;
  /** Weights in hundredths of a per cent. */
  readonly parts: readonly { readonly weight: number; readonly value: string }[];
}

export interface Variables {
  readonly maps: ReadonlyMap<string, MapVariable>;
  readonly geos: ReadonlyMap<string, MapVariable>;
  readonly splits: ReadonlyMap<string, SplitVariable>;
}

/** Reads the variables that an http block declares. */
export function readVariables(blocks: readonly Directive[]): Variables {
  const maps = new Map<string, MapVariable>();
  const geos = new Map<string, MapVariable>();
  const splits = new Map<string, SplitVariable>();
  for (const directive of blocks) {
    const { name, args } = directive;
    const variable = nameOf(args.at(-1));
    if (name === 'map') maps.set(variable, readMap(directive, args[0] ?? ''));
    if (name === 'geo') geos.set(variable, readMap(directive, '$remote_addr'));
    if (name === 'split_clients') splits.set(variable, readSplit(directive));
  }
  return { maps, geos, splits };
}

const nameOf = (text = ''): string => text.replace(/^\$\{?/, '').replace(/\}$/, '');

const MAP_OPTIONS = new Set([
  'hostnames',
  'volatile',
  'include',
  'proxy',
  'proxy_recursive',
  'ranges',
  'delete',
]);

function readMap(directive: Directive, source: string): MapVariable {
  const entries = (directive.block ?? []).filter(({ name }) => !MAP_OPTIONS.has(name));
  const cases = entries
    .filter(({ name }) => name !== 'default')
    .map(({ name, args }) => ({
      key: name.replace(/^\\(?=default$|hostnames$|include$|volatile$)/, ''),
      value: args[0] ?? '',
    }));
  const fallback = entries.find(({ name }) => name === 'default')?.args[0] ?? '';
  return { directive, source, cases, fallback };
}

const WHOLE = 10_000;

function readSplit(directive: Directive): SplitVariable {
  let left = WHOLE;
  const parts = (directive.block ?? []).map(({ name, args }) => {
    const weight = name === '*' ? left : Math.round(Number.parseFloat(name) * 100);
    left -= weight;
    return { weight, value: args[0] ?? '' };
  });
  return { directive, key: directive.args[0] ?? '', parts };
}

/** The parts of a text: literal pieces, and variables by name. */
export function readText(text: string): (string | { readonly variable: string })[] {
  const parts: (string | { variable: string })[] = [];
  let at = 0;
  for (const match of text.matchAll(/\$(?:\{(\w+)\}|(\d)|([A-Za-z_]\w*))/g)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    parts.push({ variable: match[1] ?? match[2] ?? match[3]! });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** The part of a request that a variable stands for, as conditions name it; null for other variables. */
export function sourceOf(variable: string): Pick<Condition, 'on' | 'name'> | null {
  const [, kind, name = ''] = /^(http|cookie|arg)_(\w+)$/.exec(variable) ?? [];
  if (kind === 'http' && name !== 'host' && name !== 'cookie')
    return { on: 'headers', name: name.replaceAll('_', '-').toLowerCase() };
  if (kind === 'cookie') return { on: 'cookies', name };
  return kind === 'arg' ? { on: 'query', name } : null;
}

/** Values and beginnings that an expression means: `^v2`, `^(a|b)$`. Null if it means more. */
export function readValues(pattern: string): readonly { value?: string; prefix?: string }[] | null {
  const simple = readRegex(pattern);
  if (!simple?.isAnchored || simple.isLoose) return null;
  const forms = simple.reaches.map(({ text, isExact, needsMore }) =>
    needsMore ? null : isExact ? { value: text } : text === '' ? null : { prefix: text },
  );
  return forms.includes(null) ? null : (forms as { value?: string; prefix?: string }[]);
}

/** nginx's times (`90`, `1m 30s`, `500ms`) in milliseconds; null for what is none. */
export function readTime(text: string | undefined): number | null {
  const units: Record<string, number> = {
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
    M: 2_592_000_000,
    y: 31_536_000_000,
  };
  if (text === undefined || !/^(\d+(ms|[smhdwMy])?\s*)+$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?/g)];
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * units[unit]!, 0);
}

/** nginx's sizes (`8k`, `1m`, `1g`) in bytes; null for what is none. */
export function readSize(text: string | undefined): number | null {
  const [, number, unit = ''] = /^(\d+)([kKmMgG]?)$/.exec(text ?? '') ?? [];
  if (number === undefined) return null;
  return Number(number) * { '': 1, k: 1_024, m: 1_048_576, g: 1_073_741_824 }[unit.toLowerCase()]!;
}
