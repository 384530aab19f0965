/** What an import says of the file's directives: entries in parts, the worst first, a count, and the exit status. No I/O. */

/** What Cloudflare does itself about redirects from http to https. */
export const ALWAYS_USE_HTTPS = 'SSL/TLS: turn on "Always Use HTTPS"';

/** The parts of the report, the worst first. */
export const KINDS = [
  'open',
  'closed',
  'unreachable',
  'elsewhere',
  'changed',
  'cloudflare',
  'nothing',
] as const;
export type Kind = (typeof KINDS)[number];

/** One line of the report. */
export interface Entry {
  readonly file: string;
  readonly line: number;
  /** The directive as the file has it, shortened. */
  readonly directive: string;
  readonly kind: Kind;
  readonly message: string;
}

/** Where a directive is, and how a report names it. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly args: readonly string[];
  /** Not null if a block follows. */
  readonly block?: unknown;
}

/** How many things of a file the document holds. */
export interface Count {
  readonly carried: number;
  readonly all: number;
}

const TITLES: Readonly<Record<Kind, string>> = {
  open: 'OPEN NOW: the file closes this, the document does not',
  closed: 'CLOSED: what the file guards or refuses is refused to every client',
  unreachable: 'Backends that production cannot reach',
  elsewhere: 'Goes elsewhere, or gets 404',
  changed: 'Changed',
  cloudflare: 'Do this in Cloudflare',
  nothing: 'Nothing to do',
};

const LONGEST = 100;

/** A directive as its file has it, cut where it gets long. */
function writeSource({ name, args, block }: Source): string {
  const text = [name, ...args].join(' ').replaceAll(/\s+/g, ' ');
  return (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text) + (block ? ' { … }' : '');
}

/** Collects entries. What is said twice of one directive is one entry. */
export class Report {
  readonly #entries = new Map<string, Entry>();
  readonly #lost = new Set<Source>();
  #isPartly = false;

  /** Adds an entry that changes nothing about how much was carried over. */
  note(source: Source, kind: Kind, message: string): void {
    const { file, line } = source;
    const entry = { file, line, directive: writeSource(source), kind, message };
    const key = JSON.stringify(entry);
    if (!this.#entries.has(key)) this.#entries.set(key, entry);
  }

  /** Adds an entry about traffic that was not carried over. `part` is the location or rule that it belonged to. */
  lose(source: Source, kind: Kind, message: string, part: Source | null = null): void {
    this.note(source, kind, message);
    this.#isPartly = true;
    if (part) this.#lost.add(part);
  }

  /** Whether traffic of this location or rule was not carried over. */
  isLost(part: Source): boolean {
    return this.#lost.has(part);
  }

  /** Whether something was not carried over. */
  get isPartly(): boolean {
    return this.#isPartly;
  }

  /** The entries, the worst kind first, each kind in the order of files and lines. */
  get entries(): Entry[] {
    const all = [...this.#entries.values()];
    const order = new Map([...new Set(all.map(({ file }) => file))].map((file, i) => [file, i]));
    const rank = ({ kind, file, line }: Entry) => [KINDS.indexOf(kind), order.get(file)!, line];
    return all.sort((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      const i = x.findIndex((value, at) => value !== y[at]);
      return i < 0 ? 0 : x[i]! - y[i]!;
    });
  }
}

/** The report as text: a heading for each part, its entries, and what needs nothing as a number. */
export function writeReport(entries: readonly Entry[]): string {
  const parts = KINDS.flatMap((kind) => {
    const own = entries.filter((entry) => entry.kind === kind);
    if (own.length === 0) return [];
    if (kind === 'nothing')
      return [`${TITLES.nothing}: ${own.length} ${own.length === 1 ? 'directive' : 'directives'}`];
    const lines = kind === 'cloudflare' ? writeProducts(own) : own.map(writeEntry);
    return [`${TITLES[kind]} (${own.length})\n${lines.join('\n')}`];
  });
  return parts.map((part) => `${part}\n`).join('\n');
}

const writeEntry = ({ file, line, directive, message }: Entry): string =>
  `  ${file}:${line}: ${directive} — ${message}`;

/** Entries of `cloudflare` begin with the product's name and a colon. */
function writeProducts(entries: readonly Entry[]): string[] {
  const groups = Map.groupBy(entries, ({ message }) => message.slice(0, message.indexOf(':')));
  return [...groups].flatMap(([product, own]) => [
    `  ${product}`,
    ...own.map((entry) => `  ${writeEntry({ ...entry, message: entry.message.slice(product.length + 2) })}`),
  ]);
}

/** `12 of 14 locations`. */
export const writeCount = ({ carried, all }: Count, what: string): string =>
  `${carried} of ${all} ${what}${all === 1 ? '' : 's'}`;
