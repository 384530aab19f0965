/** Reads an nginx configuration with what it includes. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { type Directive, NginxSyntaxError, parseNginx } from './parse.ts';

export interface Read {
  readonly directives: Directive[];
  /** Includes that could not be followed. */
  readonly missing: Directive[];
}

const DEPTH = 20;

/** Parses a file; each include stands where it was, relative to the first file's folder as nginx has it. */
export function readNginx(path: string): Read {
  const missing: Directive[] = [];
  const root = dirname(resolve(path));
  const read = (file: string, depth: number): Directive[] => {
    const text = readFileSync(isAbsolute(file) ? file : resolve(root, file), 'utf8');
    return expand(parseNginx(text, file), depth);
  };
  const expand = (directives: readonly Directive[], depth: number): Directive[] =>
    directives.flatMap((directive) => {
      if (directive.name !== 'include')
        return [directive.block ? { ...directive, block: expand(directive.block, depth) } : directive];
      if (depth >= DEPTH)
        throw new NginxSyntaxError(
          directive.file,
          directive.line,
          `includes go deeper than ${DEPTH} files: a circle?`,
        );
      const pattern = directive.args[0] ?? '';
      const found = isGlob(pattern) ? globSync(pattern, { cwd: root }).sort() : [pattern];
      const files = found.filter((file) => existsSync(resolve(root, file)));
      if (files.length === 0 && !isGlob(pattern)) missing.push(directive);
      return files.flatMap((file) => read(file, depth + 1));
    });
  return { directives: read(resolve(path), 0), missing };
}

const isGlob = (pattern: string): boolean => /[*?[]/.test(pattern);
