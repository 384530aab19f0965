/** `npm run serve` as a process: what it prints, how it ends, and what it has kept when it comes back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../../scripts/support/build.ts';
import { echo } from '../../support/origins.ts';
import { named, startConfigurableBackend, startForTest } from '../../support/product/pools.ts';
import { eventually, from, type Json, send, TOKEN } from '../../support/product/product.ts';

test('serve prints one line, ends on SIGTERM with status 0, and loses neither a slot nor a count', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-serve-'));
  writeFileSync(join(folder, 'vars'), `ADMIN_TOKEN=${TOKEN}\nALLOW_PRIVATE_BACKENDS=true\n`);
  const backends = named(
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  );
  const weights = [5, 1, 1];
  const pool = { id: 'kept', backends: backends.map((backend, i) => ({ ...backend, weight: weights[i] })) };
  const config = { pools: [pool], routes: [{ id: 'kept', host: 'kept.test', pool: 'kept' }] };

  const first = await serve(folder);
  await api(first.url, 'PUT', '/config', config);
  const before: (string | undefined)[] = [];
  // As fast as they go, so that slots are left over when the signal comes.
  for (let i = 0; i < 45; i++) before.push(await backendOf(first.url));
  expect(await first.end()).toBe(0);
  expect(first.output().trim()).toBe(`ready ${first.url}`);

  const second = await serve(folder);
  for (let i = 0; i < 11; i++) before.push(await backendOf(second.url));
  expect(before.join('')).toBe('aabacaa'.repeat(8));
  const counts = async () =>
    (await api(second.url, 'GET', '/pools/kept/status')).backends.map((row: Json) => row.requests);
  await eventually(counts, (row) => String(row) === '40,8,8');
  expect(await second.end()).toBe(0);
});

test('serve believes no header about the client’s address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-serve-'));
  writeFileSync(join(folder, 'vars'), `ADMIN_TOKEN=${TOKEN}\nALLOW_PRIVATE_BACKENDS=true\n`);
  const server = await serve(folder);
  const { url } = await startForTest(echo('a'));
  await api(server.url, 'PUT', '/config', {
    pools: [{ id: 'p', backends: [{ id: 'a', url }] }],
    routes: [{ id: 'p', host: 'kept.test', pool: 'p' }],
  });
  const forged = '203.0.113.7';
  const headers = { 'cf-connecting-ip': forged, 'x-forwarded-for': forged, ...from({ ip: forged }) };
  const answer = await send(Number(new URL(server.url).port), 'kept.test', '/', { headers });
  expect(JSON.parse(answer.text).headers).toMatchObject({
    'cf-connecting-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
  });
  await server.end();
});

async function serve(folder: string) {
  const args = ['scripts/serve.ts', '--port', '0', '--state', join(folder, 'state')];
  const child = spawn(process.execPath, [...args, '--vars', join(folder, 'vars')], { cwd: ROOT });
  const exited = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.resume();
  const ready = /^ready (http:\S+)$/m;
  const line = await eventually(
    async () => ready.exec(output),
    (found) => found !== null,
    60_000,
  );
  return {
    url: line![1]!,
    output: () => output,
    async end(): Promise<number | null> {
      child.kill('SIGTERM');
      const [status] = await exited;
      return status;
    },
  };
}

async function api(url: string, method: string, path: string, body?: Json): Promise<Json> {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { Authorization: `Bearer ${TOKEN}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(response.status).toBe(200);
  return response.json();
}

function backendOf(url: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers: { Host: 'kept.test' } }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.headers['x-backend-used'] as string | undefined));
    });
    request.once('error', reject);
  });
}
