/** Each small configuration is served by a real nginx and by its imported document; whatever differs, the report says. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertNginx } from '../../../scripts/import/nginx/convert.ts';
import { parseNginx } from '../../../scripts/import/nginx/parse.ts';
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
import { CASES, type Case } from './nginx-cases.ts';

/** Where Debian keeps it; not every user's path has it. */
const NGINX = ['nginx', '/usr/sbin/nginx'].find((program) => spawnSync(program, ['-v']).status === 0);
if (!NGINX)
  console.warn('nginx is not installed: the importer is not compared with it (apt-get install nginx-light)');

const NAMES = ['a', 'b', 'c', 'd'] as const;
let product: Product;
let dir: string;
const origins: Origin[] = [];
const imported = new Map<Case, ReturnType<typeof convertNginx>>();

/** Answers with what it saw; some paths ask for other answers. */
const backend =
  (name: string): http.RequestListener =>
  async (request, response) => {
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

const hostOf = (one: Case): string => `c${CASES.indexOf(one)}.test`;

function fill(text: string, one: Case, listen = '80'): string {
  const named = NAMES.reduce(
    (filled, name, i) => filled.replaceAll(`{${name}}`, `127.0.0.1:${origins[i]!.port}`),
    text,
  );
  return named
    .replaceAll('{dead}', '127.0.0.1:9')
    .replaceAll('{host}', hostOf(one))
    .replaceAll('{listen}', listen);
}

/** The document of one case, with ids that are unique among all. */
function documentOf(one: Case): { pools: Json[]; routes: Json[] } {
  const { config } = imported.get(one)!;
  const prefix = `c${CASES.indexOf(one)}-`;
  const text = JSON.stringify(config);
  const ids = new Set(config.pools.map(({ id }) => String(id)));
  const renamed = JSON.parse(text, (key, value) => {
    if (key === 'pool' && ids.has(value)) return prefix + value;
    if (key === 'whenUnavailable') return String(value).replace('pool:', `pool:${prefix}`);
    return value;
  });
  for (const item of [...renamed.pools, ...renamed.routes]) item.id = prefix + item.id;
  return renamed;
}

beforeAll(async () => {
  if (!NGINX) return;
  for (const name of NAMES) origins.push(await startOrigin(backend(name)));
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-import-'));
  for (const one of CASES) {
    const directives = parseNginx(fill(one.config, one), 'nginx.conf');
    imported.set(
      one,
      convertNginx(directives, [], { hosts: new Map(), allowOpen: false, replaced: new Map() }),
    );
  }
  product = await startProduct();
  const documents = CASES.map(documentOf);
  await product.apiOk('PUT', '/config', {
    pools: documents.flatMap(({ pools }) => pools),
    routes: documents.flatMap(({ routes }) => routes),
  });
});

afterAll(async () => {
  await product?.stop();
  for (const origin of origins) await origin.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

/** Runs nginx on a configuration. */
async function serve(one: Case): Promise<{ port: number; stop: () => Promise<void> }> {
  const { port, stop: release } = await startOrigin((_, response) => response.end());
  await release();
  const file = join(dir, `${CASES.indexOf(one)}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir};`,
  );
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${dir}/${port}.pid; error_log stderr crit; events {}
http { access_log off; ${temporary.join(' ')}
${fill(one.config, one, `127.0.0.1:${port}`)}
server { listen 127.0.0.1:${port}; server_name ready.test; return 204; } }\n`,
  );
  const child = spawn(NGINX!, ['-p', dir, '-e', 'stderr', '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  const ready = async () => {
    if (child.exitCode !== null) throw new Error(errors);
    return (await send(port, 'ready.test', '/').catch(() => null))?.status;
  };
  await eventually(ready, (status) => status === 204, 5_000, 5);
  return { port, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Sends a request as the cases write them. */
async function ask(port: number, one: Case, text: string): Promise<Answer> {
  const [line = '', body] = fill(text, one).split(' || ');
  const [start = '', ...headers] = line.split(' | ');
  const [method = '', path = ''] = start.split(' ');
  const given = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
  const content = body && /^\d+$/.test(body) ? Buffer.alloc(Number(body)) : body;
  const length = content === undefined ? {} : { 'content-length': Buffer.byteLength(content) };
  return send(port, given.host ?? hostOf(one), path, {
    method,
    headers: { ...given, ...length },
    ...(content ? { body: content } : {}),
  });
}

/** What a client and a backend notice of an answer. */
function noticed(answer: Answer, one: Case): Json {
  const seen = /^\{"name"/.test(answer.text) ? JSON.parse(answer.text) : null;
  const { location } = answer.headers;
  const moved = location === undefined ? undefined : new URL(location, `http://${hostOf(one)}/`);
  // The port of each proxy is its own.
  if (moved && (moved.hostname.endsWith(hostOf(one)) || moved.hostname === hostOf(one))) moved.port = '';
  return {
    status: answer.status,
    backend: seen && { name: seen.name, url: seen.url, method: seen.method, length: seen.length },
    location: moved?.href,
    body: seen || answer.status >= 300 ? undefined : answer.text,
    seen: one.see?.map((name) => seen?.headers[name]),
    heard: one.hear?.map((name) => answer.headers[name]),
  };
}

describe.skipIf(!NGINX)('nginx and its imported document', () => {
  test.each(CASES.map((one): [string, Case] => [one.name, one]))('%s', async (_, one) => {
    const { report, config } = imported.get(one)!;
    const text = writeReport(report.entries);
    expect(report.isPartly ? 3 : 0, text).toBe(one.exit ?? 0);
    const nginx = await serve(one);
    try {
      for (const request of one.requests) {
        const expected = noticed(await ask(nginx.port, one, request), one);
        const actual = noticed(await ask(product.port, one, request), one);
        const why = one.differs?.[request];
        const about = `${request}\n${text}\n${JSON.stringify(config.routes, null, 1)}`;
        if (!why) expect(actual, about).toEqual(expected);
        else {
          expect(actual, `${request} should differ`).not.toEqual(expected);
          expect(text).toMatch(why);
        }
      }
    } finally {
      await nginx.stop();
    }
  });
});
