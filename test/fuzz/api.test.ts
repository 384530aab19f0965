/** Bodies of every kind for every operation of the API: it takes them whole, or refuses them with reasons, and never fails. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiAnswer, type Json, type Product, startProduct } from '../support/product/product.ts';
import { Random } from '../support/random.ts';
import { broken, fitting, TEXT_BODIES } from './bodies.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_124);
/** Bodies for each operation that takes one. */
const BODIES = 120;

const ODD_IDS = ['A b', '__proto__', '..', '\u{1f600}', 'x'.repeat(5_000)];

const backends = ['a', 'b'].map((id) => ({ id, url: `https://${id}.example.net` }));
const BASE = {
  pools: [
    { id: 'a', backends },
    { id: 'b', backends },
  ],
  routes: [{ id: 'a', host: 'a.example.com', pool: 'a' }],
};

let product: Product;
let openapi: Json;
beforeAll(async () => {
  product = await startProduct();
  openapi = await product.apiOk('GET', '/openapi.json');
});
afterAll(() => product.stop());

interface Call {
  readonly method: string;
  /** With parameters and query filled in. */
  readonly path: string;
  readonly operation: Json;
}

/** The operations that take a body, by name. */
const operations = (): { name: string; method: string; template: string; operation: Json }[] =>
  Object.entries<Json>(openapi.paths).flatMap(([template, methods]) =>
    Object.entries<Json>(methods)
      .filter(([, operation]) => operation.requestBody)
      .map(([method, operation]) => ({
        ...{ name: operation.operationId, method: method.toUpperCase(), template, operation },
      })),
  );

function fill(template: string, operation: Json, random: Random): string {
  const path = template.replaceAll(/\{\w+\}/g, () =>
    encodeURIComponent(random.pick(random.next() < 0.9 ? ['a', 'b', 'new'] : ODD_IDS)),
  );
  const mayDry = operation.parameters?.some(({ name }: Json) => name === 'dryRun');
  return mayDry && random.next() < 0.3 ? `${path}?dryRun=true` : path;
}

/** What is wrong with an answer, given the document before and after; null when nothing is. */
async function faultOf(
  { method, path, operation }: Call,
  answer: ApiAnswer,
  before: Json,
): Promise<string | null> {
  const { status, body, headers } = answer;
  const after = await product.apiOk('GET', '/config');
  const isSame = JSON.stringify(after) === JSON.stringify(before);
  if (status >= 500) return `status ${status}: ${JSON.stringify(body)}`;
  if (status >= 400) {
    if (headers.get('content-type') !== 'application/problem+json') return 'no problem document';
    if (body.status !== status || typeof body.title !== 'string' || typeof body.detail !== 'string')
      return `an incomplete problem document: ${JSON.stringify(body)}`;
    const hasPaths = body.errors?.every(
      (error: Json) => typeof error.path === 'string' && typeof error.message === 'string',
    );
    if (status === 400 && !(body.errors?.length > 0 && hasPaths)) return 'a 400 without paths';
    if (JSON.stringify(body).length > 200_000) return 'a problem document of more than 200 KB';
    return isSame ? null : 'a refused change has changed something';
  }
  const changes = operation.parameters?.some(({ name }: Json) => name === 'If-Match');
  if (!changes || path.endsWith('?dryRun=true'))
    return isSame ? null : 'it changed what it should only look at';
  if (body.revision !== before.revision + 1) return `revision ${body.revision} after ${before.revision}`;
  const { revision, warnings: _, ...resource } = body;
  const [read, key] = path.startsWith('/config')
    ? ['/config', 'config']
    : [path.replace(/\/drain$/, ''), path.endsWith('/drain') ? 'backend' : Object.keys(resource)[0]!];
  const again = await product.api('GET', read);
  const isEqual =
    again.body.revision === revision && JSON.stringify(again.body[key]) === JSON.stringify(body[key]);
  // A deadline of a few milliseconds is over before it can be read again.
  const isOver =
    path.endsWith('/drain') &&
    again.body.revision === revision + 1 &&
    again.body.backend.state === 'disabled';
  return isEqual || isOver ? null : `${method} ${path} answered what does not re-read equal`;
}

/** Makes a call. Returns the status, and what is wrong with the answer; null when nothing is. */
async function play(call: Call, body: string): Promise<{ status: number; fault: string | null }> {
  const before = await product.apiOk('GET', '/config');
  const answer = await product.api(call.method, call.path, body);
  const fault = await faultOf(call, answer, before);
  // The deadline of a drain would change the document while a later call is judged.
  if (answer.status < 300 && call.path.endsWith('/drain')) await product.apiOk('PUT', '/config', BASE);
  const what = `${call.method} ${call.path.slice(0, 100)} ${body.slice(0, 400)}`;
  return { status: answer.status, fault: fault && `${what} -> ${fault.slice(0, 400)} (seed ${SEED})` };
}

test('each operation takes a body whole, or refuses it with paths and leaves everything as it was', async () => {
  const random = new Random(SEED);
  const faults: string[] = [];
  const statuses: Record<string, Record<string, number>> = {};
  for (const { name, method, template, operation } of operations()) {
    const { schema } = operation.requestBody.content['application/json'];
    for (let i = 0; i < BODIES; i++) {
      if (i % 20 === 0) await product.apiOk('PUT', '/config', BASE);
      const path = fill(template, operation, random);
      let value = fitting(schema, openapi.components.schemas, random);
      // What an address names, its body may name alike, or leave to the address.
      if (typeof value === 'object' && value !== null && 'id' in value)
        (value as Json).id = decodeURIComponent(path.split('/').at(-1)!);
      for (let n = random.pick([0, 0, 1, 1, 2]); n > 0; n--) value = broken(value, random);
      const text = JSON.stringify(value) ?? 'null';
      const { status, fault } = await play({ method, path, operation }, text);
      if (fault) faults.push(fault);
      statuses[name] ??= {};
      statuses[name][status] = (statuses[name][status] ?? 0) + 1;
    }
  }
  console.log(`fuzzed the API with seed ${SEED}`, statuses);
  expect(faults.slice(0, 8)).toEqual([]);
  for (const name of ['putConfig', 'putPoolsPool', 'putRoutesRoute', 'patchPoolsPoolBackendsBackend'])
    expect((statuses[name]?.['200'] ?? 0) + (statuses[name]?.['201'] ?? 0), name).toBeGreaterThan(5);
}, 120_000);

test('a text that is no document at all is refused by each operation in the same way', async () => {
  const faults: string[] = [];
  await product.apiOk('PUT', '/config', BASE);
  const random = new Random(SEED);
  for (const { method, template, operation } of operations())
    for (const body of TEXT_BODIES) {
      const { fault } = await play({ method, path: fill(template, operation, random), operation }, body);
      if (fault) faults.push(fault);
    }
  expect(faults.slice(0, 8)).toEqual([]);
}, 120_000);
