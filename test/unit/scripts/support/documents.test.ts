/** The documentation: what commands write into it is fresh, its links lead somewhere, and its versions agree. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../../scripts/support/build.ts';
import { configTables } from '../../../../scripts/support/config-tables.ts';
import { MEASURED, readBlock, replaceBlock } from '../../../../scripts/support/documents.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = globSync(['*.md', 'docs/*.md', 'test/*.md'], { cwd: ROOT });

/** A table without the blanks and dashes that only align it. */
const unaligned = (table: string): string => table.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-');

test.each(Object.entries(configTables()))(
  'the table of every %s key is the schema’s (else: npm run docs:config)',
  (name, table) => {
    expect(unaligned(readBlock(read('docs/configuration.md'), name))).toBe(unaligned(table));
  },
);

test.each(Object.entries(MEASURED))('the result of npm run %s has its place in %s', (name, path) => {
  expect(readBlock(read(path), name)).toContain('|');
});

test('a written block replaces the old one and leaves the rest of the page as it is', () => {
  const page = '# A\n<!-- x: written by `npm run x` -->\n\nold\n\n<!-- x: end -->\n\nb\n';
  const written = replaceBlock(page, 'x', 'new\n');
  expect(written).toBe('# A\n<!-- x: written by `npm run x` -->\n\nnew\n\n<!-- x: end -->\n\nb\n');
  expect(readBlock(written, 'x')).toBe('new');
  expect(() => replaceBlock(page, 'y', 'new')).toThrow('no marks of y');
});

test.each(pages)('every link and picture of %s leads to a file or a heading that exists', (path) => {
  const links = [...read(path).matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)/g)];
  const broken = links.filter(([, file = '', anchor = '']) => {
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== '' && !anchorsOf(read(target)).has(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

/** The anchors that GitHub gives a page's headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map(
      (heading) =>
        `#${heading
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .replaceAll(' ', '-')}`,
    ),
  );
}

test('every file and folder that the guides name exists', () => {
  const named = pages
    .filter((path) => path !== 'CHANGELOG.md')
    .flatMap((path) => [...read(path).matchAll(/`((?:worker|dashboard|scripts|test|e2e|docs)\/[\w./-]+)`/g)]);
  expect(named.map(([, path]) => path!).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('every test that the guides name exists', () => {
  const tests = new Set(globSync('test/**/*.test.ts', { cwd: ROOT }).map((path) => basename(path)));
  const named = pages.flatMap((path) => [...read(path).matchAll(/`([\w-]+\.test\.ts)`/g)]);
  expect(named.map(([, name]) => name!).filter((name) => !tests.has(name))).toEqual([]);
});

test('every npm command that the guides name is a script', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = pages.flatMap((path) => [...read(path).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)]);
  expect(named.map(([, name]) => name!).filter((name) => !(name in scripts))).toEqual([]);
});

test('README has at most 1,000 words, and the commands that start and prove everything', () => {
  const readme = read('README.md');
  expect(readme.split(/\s+/).length).toBeLessThanOrEqual(1_000);
  expect(readme).toContain('npm ci && npm start');
  expect(readme).toContain('npm ci && npm test');
});

test('the newest entry of the change log is the version of the package', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(/^## \[(\d[^\]]*)\]/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version);
});

test('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toContain('"resolved"');
});
