/** The OpenAPI document and the JSON Schema are made at build time: one Vite plugin writes it, the other keeps what it is made of out of the Worker. */
import { type ESTree, type Plugin, runnerImport, Visitor } from 'vite';

/** Modules that only describe; nothing in them has to run for the Worker to work. */
const DESCRIBING = /\/worker\/(protocol|api\/openapi)\/[^/]+\.ts$/;
const API = /\/worker\/api\/.+\.ts$/;
const CALLS = new Set(['operation', 'openOperation']);

/** Writes both beside the dashboard's files; `entry` is worker/api/openapi/build.ts. */
export const openApiFile = (entry: string): Plugin => ({
  name: 'openapi-file',
  apply: 'build',
  applyToEnvironment: ({ name }) => name === 'client',
  async generateBundle() {
    const { module } = await runnerImport<Record<'documentJson' | 'schemaJson', () => string>>(entry, {
      configFile: false,
    });
    this.emitFile({ type: 'asset', fileName: 'api/openapi.json', source: module.documentJson() });
    this.emitFile({ type: 'asset', fileName: 'api/schema.json', source: module.schemaJson() });
  },
});

/**
 * Takes the descriptions of operations out of the Worker: the second argument of `operation(address, description,
 * handler)` becomes an empty object, and the schemas that it named are dropped with it. Blanks fill the space, so that
 * every position in the file stays right for the source map.
 */
export const withoutDescriptions = (): Plugin => ({
  name: 'without-descriptions',
  apply: 'build',
  enforce: 'pre',
  applyToEnvironment: ({ name }) => name !== 'client',
  transform(code, id) {
    if (DESCRIBING.test(id)) return { code, map: null, moduleSideEffects: false };
    if (!API.test(id)) return null;
    return { code: blanked(code, descriptions(this.parse(code, { lang: 'ts' }))), map: null };
  },
});

type Span = { readonly start: number; readonly end: number };

/** Where the descriptions stand in a file. */
function descriptions(program: ESTree.Program): Span[] {
  const found: Span[] = [];
  new Visitor({
    CallExpression({ callee, arguments: [, description] }) {
      if (callee.type === 'Identifier' && CALLS.has(callee.name) && description) found.push(description);
    },
  }).visit(program);
  return found;
}

/** Replaces each part by `{}` and blanks; line breaks stay. */
function blanked(code: string, spans: readonly Span[]): string {
  let out = code;
  for (const { start, end } of spans) {
    const blank = code.slice(start, end).replaceAll(/[^\n]/g, ' ');
    out = `${out.slice(0, start)}{}${blank.slice(2)}${out.slice(end)}`;
  }
  return out;
}
