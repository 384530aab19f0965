/** `npm run trace`: which functions of worker/ one plain GET enters, counted in the built Worker; printed as JSON. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { buildIfNeeded, ROOT } from '../../scripts/support/build.ts';
import { echo, startOrigin } from '../support/origins.ts';
import { startProduct } from '../support/product/product.ts';

/** Requests before: by then the isolate holds a configuration and slots. */
const WARM_UP = 50;
/** Traced requests, each alone. The median is shown: some of them also send a batch, or carry an old timer. */
const TRACED = 41;

const BUILT = `${ROOT}/dist/evenkeel/index.js`;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly id?: { readonly name: string } | null;
  readonly body?: Node | null;
}

/** The functions below `node`, each with the name by which it is known. */
function* functionsIn(node: Node, name: string): Generator<readonly [Node, string]> {
  if (/Function/.test(node.type) && node.body) yield [node, node.id?.name ?? name];
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type !== 'string') continue;
      const { key: property, id } = node as { key?: { name?: string }; id?: { name?: string } };
      yield* functionsIn(child, key === 'value' || key === 'init' ? (property?.name ?? id?.name ?? '') : '');
    }
  }
}

/** The built Worker, which counts how often each function of worker/ is entered: `file function line`. */
function instrumented(): string {
  const text = readFileSync(BUILT, 'utf8');
  const sourceOf = sourceFinder(text);
  const inserts: (readonly [at: number, text: string])[] = [];
  for (const [node, name] of functionsIn(parseSync(BUILT, text).program as unknown as Node, '')) {
    const source = sourceOf(node.start);
    if (!source?.file.startsWith('worker/')) continue;
    const count = `countCall(${JSON.stringify(`${source.file} ${name || '(anonymous)'} ${source.line}`)})`;
    const { type, start, end } = node.body!;
    if (type === 'BlockStatement' || type === 'FunctionBody') inserts.push([start + 1, `${count};`]);
    else inserts.push([start, `(${count},(`], [end, '))']);
  }
  let at = 0;
  let out = 'globalThis.calls=new Map();globalThis.countCall=(name)=>calls.set(name,(calls.get(name)??0)+1);';
  for (const [place, insert] of inserts.toSorted(([a], [b]) => a - b)) {
    out += text.slice(at, place) + insert;
    at = place;
  }
  return out + text.slice(at);
}

/** Finds the source of the character at an offset of the built Worker: file below the project's folder, and line. */
function sourceFinder(text: string) {
  const map = new SourceMap(JSON.parse(readFileSync(`${BUILT}.map`, 'utf8')));
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset: number) => {
    const line = starts.findLastIndex((start) => start <= offset);
    const entry = map.findEntry(line, offset - starts[line]!);
    if (!('originalSource' in entry)) return null;
    const file = relative(ROOT, resolve(dirname(BUILT), entry.originalSource));
    return { file, line: entry.originalLine + 1 };
  };
}

/** Puts the counts of one request in order: by file and by function. */
function traceOf(counts: Readonly<Record<string, number>>) {
  const entered: Record<string, Record<string, number>> = {};
  for (const [key, count] of Object.entries(counts)) {
    const [file = '', ...name] = key.split(' ');
    entered[file] = { ...entered[file], [name.join(' ')]: count };
  }
  return {
    files: Object.keys(entered).length,
    functions: Object.keys(counts).length,
    calls: Object.values(counts).reduce((sum, count) => sum + count, 0),
    entered,
  };
}

buildIfNeeded();
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-trace-'));
const script = join(dir, 'index.js');
writeFileSync(script, instrumented());
const product = await startProduct({ script, wrapper: `${ROOT}/test/bench/traced.js`, state: dir });
const backends = await Promise.all(['a', 'b', 'c'].map((name) => startOrigin(echo(name))));
try {
  const document = {
    pools: [{ id: 'p', backends: backends.map(({ url }, i) => ({ id: 'abc'[i], url })) }],
    routes: [{ id: 'r', host: 'trace.bench', pool: 'p' }],
  };
  await product.apiOk('PUT', '/config', document);
  const get = () => product.get('trace.bench', '/some/path?q=1');
  const counted = async () => JSON.parse((await product.get('calls.test', '/')).text);
  for (let n = 0; n < WARM_UP; n++) await get();
  const traces: ReturnType<typeof traceOf>[] = [];
  for (let n = 0; n < TRACED; n++) {
    await counted();
    await get();
    traces.push(traceOf(await counted()));
  }
  console.log(JSON.stringify(traces.toSorted((a, b) => a.calls - b.calls)[TRACED >> 1], null, 2));
} finally {
  await product.stop();
  await Promise.all(backends.map((backend) => backend.stop()));
  rmSync(dir, { recursive: true, force: true });
}
