/** Runs configurations in another balancer and as imported documents, sends the same requests to both, and compares. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Imported } from '../../../scripts/import/nginx/convert.ts';
import { writeReport } from '../../../scripts/import/report.ts';
import { type Origin, startOrigin } from '../../support/origins.ts';
import {
  type Answer,
  eventually,
  type Json,
  type Product,
  send,
  startProduct,
} from '../../support/product/product.ts';

/** One configuration. `{a}` to `{d}` are backends, `{host}` is the host, `{listen}` the address to listen on. */
export interface Case {
  readonly name: string;
  readonly config: string;
  /** `METHOD /path | header: value`; a body, or the length of one, after ` || `. */
  readonly requests: readonly string[];
  /** Headers at the backend to compare. */
  readonly see?: readonly string[];
  /** Headers of the response to compare. */
  readonly hear?: readonly string[];
  /** Requests that are answered otherwise, each with what the report says of it. */
  readonly differs?: Readonly<Record<string, RegExp>>;
  /** Copies that the document's mirror has to send. */
  readonly copies?: number;
  /** The exit status of the command; 0 if not given. */
  readonly exit?: 0 | 3;
}

/** The other balancer. */
export interface Other {
  readonly name: string;
  /** Where it may be installed. */
  readonly programs: readonly string[];
  /** The package that brings it. */
  readonly bring: string;
  /** Reads a configuration as the command does. */
  convert(text: string, host: string): Imported;
  /** The configuration as it is run, and the arguments that run it from `file`. */
  run(
    config: string,
    place: { readonly port: number; readonly dir: string; readonly file: string },
  ): {
    readonly text: string;
    readonly args: readonly string[];
  };
}

const NAMES = ['a', 'b', 'c', 'd'] as const;

/** Answers with what it saw; some paths ask for other answers. `onCopy` is called for what a mirror sends. */
const backend =
  (name: string, onCopy: () => void): http.RequestListener =>
  async (request, response) => {
    if (request.headers['x-evenkeel-mirror'] === '1') onCopy();
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    const path = request.url ?? '';
    const own = `http://${request.socket.localAddress}:${request.socket.localPort}`;
    const [, status] = /\/status\/(\d+)/.exec(path) ?? [];
    const [, refused] = /\/only-b\/(\d+)/.exec(path) ?? [];
    if (status) response.statusCode = Number(status);
    if (refused && name !== 'b') response.statusCode = Number(refused);
    if (path.includes('/to-own'))
      response.writeHead(302, { location: `${own}${path.slice(path.indexOf('/to-own') + 7)}` });
    else if (path.includes('/to-other')) response.writeHead(302, { location: 'http://elsewhere.test/x' });
    else if (path.includes('/to-path')) response.writeHead(302, { location: '/x' });
    else response.setHeader('x-secret', '1');
    response.end(
      JSON.stringify({ name, url: request.url, method: request.method, headers: request.headers, length }),
    );
  };

const isInstalled = (program: string, flag: string): boolean => spawnSync(program, [flag]).status === 0;

/** Declares a test for each case. Without the other balancer they are skipped, and a line says so. */
export function compare(other: Other, cases: readonly Case[]): void {
  const program = other.programs.find((one) => isInstalled(one, '-v'));
  if (!program)
    console.warn(`${other.name} is not installed, so imports are not compared with it (${other.bring})`);
  const bed = new Bed(other, program ?? '', cases);
  describe.skipIf(!program)(`${other.name} and its imported document`, () => {
    beforeAll(() => bed.start());
    afterAll(() => bed.stop());
    test.each(cases.map((one): [string, Case] => [one.name, one]))('%s', (_, one) => bed.play(one));
  });
}

/** The backends, one product with the documents of all cases, and the other balancer for one case at a time. */
class Bed {
  readonly #other: Other;
  readonly #program: string;
  readonly #cases: readonly Case[];
  readonly #origins: Origin[] = [];
  readonly #imported = new Map<Case, Imported>();
  #copies = 0;
  #dir = '';
  #product!: Product;

  constructor(other: Other, program: string, cases: readonly Case[]) {
    this.#other = other;
    this.#program = program;
    this.#cases = cases;
  }

  async start(): Promise<void> {
    for (const name of NAMES) this.#origins.push(await startOrigin(backend(name, () => this.#copies++)));
    this.#dir = mkdtempSync(join(tmpdir(), 'evenkeel-import-'));
    for (const one of this.#cases)
      this.#imported.set(one, this.#other.convert(this.#fill(one.config, one), this.#hostOf(one)));
    this.#product = await startProduct();
    const documents = this.#cases.map((one) => this.#documentOf(one));
    await this.#product.apiOk('PUT', '/config', {
      pools: documents.flatMap(({ pools }) => pools),
      routes: documents.flatMap(({ routes }) => routes),
    });
  }

  async stop(): Promise<void> {
    await this.#product?.stop();
    for (const origin of this.#origins) await origin.stop();
    if (this.#dir) rmSync(this.#dir, { recursive: true, force: true });
  }

  async play(one: Case): Promise<void> {
    const { report, config } = this.#imported.get(one)!;
    const text = writeReport(report.entries);
    expect(report.isPartly ? 3 : 0, text).toBe(one.exit ?? 0);
    for (const request of Object.keys(one.differs ?? {})) expect(one.requests).toContain(request);
    const other = await this.#serve(one);
    this.#copies = 0;
    try {
      for (const request of one.requests) {
        const expected = this.#noticed(await this.#ask(other.port, one, request), one);
        const actual = this.#noticed(await this.#ask(this.#product.port, one, request), one);
        const why = one.differs?.[request];
        if (why) {
          expect(actual, `${request} should differ`).not.toEqual(expected);
          expect(text).toMatch(why);
        } else
          expect(actual, `${request}\n${text}\n${JSON.stringify(config.routes, null, 1)}`).toEqual(expected);
      }
      const copies = one.copies ?? 0;
      await eventually(
        () => this.#copies,
        (count) => count === copies,
      );
    } finally {
      await other.stop();
    }
  }

  #hostOf(one: Case): string {
    return `c${this.#cases.indexOf(one)}.test`;
  }

  #fill(text: string, one: Case, listen = '80'): string {
    const named = NAMES.reduce(
      (filled, name, i) => filled.replaceAll(`{${name}}`, `127.0.0.1:${this.#origins[i]!.port}`),
      text,
    );
    return named
      .replaceAll('{dead}', '127.0.0.1:9')
      .replaceAll('{host}', this.#hostOf(one))
      .replaceAll('{listen}', listen);
  }

  /** The document of one case, with ids that are unique among all. */
  #documentOf(one: Case): { pools: Json[]; routes: Json[] } {
    const { config } = this.#imported.get(one)!;
    const prefix = `c${this.#cases.indexOf(one)}-`;
    const ids = new Set(config.pools.map(({ id }) => String(id)));
    const renamed = JSON.parse(JSON.stringify(config), (key, value) => {
      if (key === 'pool' && ids.has(value)) return prefix + value;
      if (key === 'whenUnavailable') return String(value).replace('pool:', `pool:${prefix}`);
      return value;
    });
    for (const item of [...renamed.pools, ...renamed.routes]) item.id = prefix + item.id;
    return renamed;
  }

  async #serve(one: Case): Promise<{ port: number; stop: () => Promise<void> }> {
    const free = await startOrigin((_, response) => response.end());
    await free.stop();
    const { port } = free;
    const file = join(this.#dir, `${this.#cases.indexOf(one)}.conf`);
    const filled = this.#fill(one.config, one, `127.0.0.1:${port}`);
    const { text, args } = this.#other.run(filled, { port, dir: this.#dir, file });
    writeFileSync(file, text);
    const child = spawn(this.#program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr!.on('data', (chunk) => {
      errors += chunk;
    });
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(errors);
      return (await send(port, 'ready.test', '/ready').catch(() => null))?.status;
    };
    await eventually(ready, (status) => status === 204, 5_000, 5);
    return { port, stop: () => end(child) };
  }

  /** Sends a request as the cases write them. */
  async #ask(port: number, one: Case, text: string): Promise<Answer> {
    const [line = '', body] = this.#fill(text, one).split(' || ');
    const [start = '', ...headers] = line.split(' | ');
    const [method = '', path = ''] = start.split(' ');
    const given = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
    const content = body && /^\d+$/.test(body) ? Buffer.alloc(Number(body)) : body;
    const length = content === undefined ? {} : { 'content-length': Buffer.byteLength(content) };
    return send(port, given.host ?? this.#hostOf(one), path, {
      method,
      headers: { ...given, ...length },
      ...(content ? { body: content } : {}),
    });
  }

  /** What a client and a backend notice of an answer. */
  #noticed(answer: Answer, one: Case): Json {
    const seen = /^\{"name"/.test(answer.text) ? JSON.parse(answer.text) : null;
    const { location } = answer.headers;
    const moved = location === undefined ? undefined : new URL(location, `http://${this.#hostOf(one)}/`);
    // The port of each proxy is its own.
    if (moved && (moved.hostname.endsWith(this.#hostOf(one)) || moved.hostname === this.#hostOf(one)))
      moved.port = '';
    return {
      status: answer.status,
      backend: seen && { name: seen.name, url: seen.url, method: seen.method, length: seen.length },
      location: moved?.href,
      body: seen || answer.status >= 300 ? undefined : answer.text,
      seen: one.see?.map((name) => seen?.headers[name]),
      heard: one.hear?.map((name) => answer.headers[name]),
    };
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
