/** Reads an nginx configuration with what it includes: from files, from standard input, or from an `nginx -T` dump. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Directive, NginxSyntaxError, parseNginx } from './parse.ts';

export interface Read {
  readonly directives: Directive[];
  /** Includes that were not followed, each with the reason. */
  readonly unread: readonly (readonly [Directive, string])[];
}

/** Where included files come from. */
interface Files {
  /** Names of the files that an include means, in nginx's order; a reason if it cannot be followed. */
  find(pattern: string): readonly string[] | string;
  read(name: string): string;
  /** How the report names a file. */
  show(name: string): string;
}

const DEPTH = 20;
const DUMP_MARK = /^# configuration file (.+):\r?$/m;
/** Where nginx keeps its configuration on most systems. */
const USUAL = '/etc/nginx/';

/** Parses `text`, the content of `path` (`-`: standard input); each include stands where it was. Throws NginxSyntaxError. */
export function readNginx(text: string, path: string, root: string | null): Read {
  const dump = readDump(text);
  const first = dump ? [...dump.keys()][0]! : path === '-' ? 'stdin' : resolve(path);
  const files = dump ? filesOfDump(dump, first) : filesOnDisk(path === '-' ? null : first, root);
  const unread: [Directive, string][] = [];
  const expand = (directives: readonly Directive[], depth: number): Directive[] =>
    directives.flatMap((directive) => {
      if (directive.name !== 'include' || directive.block)
        return [directive.block ? { ...directive, block: expand(directive.block, depth) } : directive];
      if (depth >= DEPTH)
        throw new NginxSyntaxError(
          directive.file,
          directive.line,
          `includes are nested deeper than ${DEPTH} files; is there a circle?`,
        );
      const found = files.find(directive.args[0] ?? '');
      if (typeof found === 'string') {
        unread.push([directive, found]);
        return [];
      }
      return found.flatMap((name) => expand(parseNginx(files.read(name), files.show(name)), depth + 1));
    });
  const whole = dump?.get(first) ?? text;
  return { directives: expand(parseNginx(whole, files.show(first)), 0), unread };
}

/** The files of an `nginx -T` dump by name, the first one first; null for any other text. */
function readDump(text: string): Map<string, string> | null {
  if (!DUMP_MARK.test(text)) return null;
  // Before the first mark nginx says that the syntax is ok.
  const [, ...parts] = text.split(new RegExp(DUMP_MARK.source, 'm'));
  const files = new Map<string, string>();
  for (let i = 0; i < parts.length; i += 2) files.set(parts[i]!.trim(), parts[i + 1]!.replace(/^\r?\n/, ''));
  return files;
}

function filesOfDump(dump: ReadonlyMap<string, string>, first: string): Files {
  return {
    find(pattern) {
      const whole = isAbsolute(pattern) ? pattern : join(dirname(first), pattern);
      const fits = globOf(whole);
      const found = [...dump.keys()].filter((name) => fits.test(name)).sort();
      return found.length > 0 ? found : 'the dump has no such file';
    },
    read: (name) => dump.get(name)!,
    show: (name) => name,
  };
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^$(){}|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}

/**
 * Files on this disk. Absolute includes are looked up below `root`, which may be a copy of the whole disk or of /etc/nginx.
 * Without it only those beside the first file are read: others may belong to another machine.
 */
function filesOnDisk(first: string | null, root: string | null): Files {
  const folder = first === null ? (root ?? process.cwd()) : dirname(first);
  const expand = (path: string) => (isGlob(path) ? globSync(path).sort() : existsSync(path) ? [path] : []);
  const find = (pattern: string): readonly string[] | string => {
    if (!isAbsolute(pattern)) {
      const found = expand(resolve(folder, pattern));
      return found.length > 0 ? found : 'no file fits';
    }
    if (root === null) {
      if (!pattern.startsWith(`${folder}/`))
        return 'it is absolute and may belong to another machine: give --root DIR (--root / for this one)';
      const found = expand(pattern);
      return found.length > 0 ? found : 'no file fits';
    }
    const places = [join(root, pattern)];
    if (pattern.startsWith(USUAL)) places.push(join(root, pattern.slice(USUAL.length)));
    const found = places.map(expand).find((some) => some.length > 0);
    return found ?? `no file fits below ${root}`;
  };
  return {
    find,
    read: (name) => readFileSync(name, 'utf8'),
    show(name) {
      const short = relative(folder, name);
      return short.startsWith('..') ? name : short;
    },
  };
}

const isGlob = (pattern: string): boolean => /[*?[]/.test(pattern);
