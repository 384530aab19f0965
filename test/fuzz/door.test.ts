/** Ten thousand requests that no browser sends: what answers them, what is reached by them, and what never is. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../scripts/support/ports.ts';
import { startWorkerd } from '../bench/workerd.ts';
import { startForTest } from '../support/product/pools.ts';
import { eventually, many, send } from '../support/product/product.ts';
import { Random } from '../support/random.ts';
import { makeRequest } from './requests.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_124);
const SOCKETS = 3_600;
const TOKEN = crypto.randomUUID();
/** What the admin host answers without sign-in. */
const ADMIN_CONTENT = /"status":"ok","version"|Sign in, or send|evenkeel_session|<div id="root">/;

/** Raw workerd, for nothing in front of it should tidy the requests up. */
async function startRaw(backend: string, spare: string): Promise<{ port: number; bare: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-fuzz-'));
  const ports = { bare: await freePort(0), evenkeel: await freePort(0), more: {} };
  const child = startWorkerd(dir, ports, spare, TOKEN, []);
  onTestFinished(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    rmSync(dir, { recursive: true, force: true });
  });
  const port = ports.evenkeel;
  await eventually(
    () =>
      send(port, 'localhost', '/api/health').then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );
  const put = await send(port, 'localhost', '/api/config', {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({
      pools: [{ id: 'fuzz', backends: [{ id: 'a', url: backend }], timeoutMs: 2_000 }],
      routes: ['fuzz.test', '*.fuzz.test'].map((host, i) => ({
        ...{ id: `fuzz${i}`, host, pool: 'fuzz', affinity: 'cookie' },
      })),
    }),
  });
  expect(put.status, put.text).toBe(200);
  return { port, bare: ports.bare };
}

/** Sends bytes, says that no more will come, and returns all that is answered until the connection closes. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.setEncoding('latin1');
    const timer = setTimeout(() => {
      answer += '\nTHE CONNECTION STAYED OPEN';
      socket.destroy();
    }, 20_000);
    socket.on('data', (text) => {
      answer += text;
    });
    // A server may reset a client that sends more than it wants to hear: what counts is what it said before.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
    socket.end(bytes, 'latin1');
  });
}

/** What is wrong with an answer; null when nothing is. */
function faultOf(sent: string, answer: string): string | null {
  if (answer.endsWith('STAYED OPEN')) return 'neither answered nor closed';
  if (answer === '') return null;
  const [, status] = /^HTTP\/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n/.exec(answer) ?? [];
  if (status === undefined) return 'no status line';
  if (Number(status) < 100 || Number(status) > 599) return `status ${status}`;
  // A Host or an absolute target of an admin host is an admin request by design.
  const isAdmin = /(Host:[^\n]*|^\S+ http:\/\/[^\n]*)(localhost|127\.0\.0\.1|\[::1)/im.test(sent);
  return !isAdmin && ADMIN_CONTENT.test(answer) ? 'the admin side answered' : null;
}

/**
 * An error of ours that is not caught shows as a 500. The runtime itself answers one where Host and target make no
 * URL: then the bare Worker beside ours gets none either.
 */
async function uncaught(port: number, bare: number, requests: readonly string[], answer: string) {
  if (!/^HTTP\/1\.1 500/m.test(answer)) return null;
  for (const request of requests) {
    const [ours, theirs] = [await sendRaw(port, request), await sendRaw(bare, request)];
    if (/^HTTP\/1\.1 500/m.test(ours) && !/^HTTP\/1\.1 500/m.test(theirs)) return `uncaught, by ${request}`;
  }
  return null;
}

test('every one of 10,000 odd requests gets a well-formed status or a clean close, and reaches nothing but its backend', async () => {
  const foreign: string[] = [];
  const backend = await startForTest((request, response) => {
    request.resume();
    // A request that was not made by the proxy, hidden in the body of another, would lack its marks.
    const loop = String(request.headers['x-evenkeel-loop']);
    const isOurs = /\bevenkeel-[0-9a-f]{8}$/.test(loop) && request.headers['x-request-id'];
    if (!isOurs || request.headers.host !== new URL(backend.url).host || !request.url?.startsWith('/'))
      foreign.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.end('backend');
  });
  backend.server.on('upgrade', (_, socket) => {
    // Node leaves the errors of an upgraded socket to its owner, and the proxy may reset it before the answer is out.
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n');
  });
  let strangers = 0;
  const canary = net.createServer(() => strangers++).listen(0, '127.0.0.2');
  await once(canary, 'listening');
  onTestFinished(() => void canary.close());
  const forbidden = {
    canary: `127.0.0.2:${(canary.address() as net.AddressInfo).port}`,
    admin: 'localhost',
  };
  // The bare Worker has a backend of its own: what it sends bears no marks of ours.
  const spare = await startForTest((_, response) => void response.end());
  const { port, bare } = await startRaw(backend.url, spare.url);

  const random = new Random(SEED);
  const batches = Array.from({ length: SOCKETS }, () =>
    Array.from({ length: random.int(1, 5) }, () => makeRequest(random, forbidden)),
  );
  expect(batches.flat().length).toBeGreaterThanOrEqual(10_000);
  const statuses = new Map<string, number>();
  const faults: string[] = [];
  await many(SOCKETS, 24, async (i) => {
    const bytes = batches[i]!.join('');
    const answer = await sendRaw(port, bytes);
    for (const [, status] of answer.matchAll(/^HTTP\/1\.[01] (\d{3})/gm))
      statuses.set(status!, (statuses.get(status!) ?? 0) + 1);
    const fault = faultOf(bytes, answer) ?? (await uncaught(port, bare, batches[i]!, answer));
    if (fault) faults.push(`${fault} (seed ${SEED})\n${bytes.slice(0, 600)}\n-> ${answer.slice(0, 300)}`);
  });
  console.log(`fuzzed the door with seed ${SEED}; statuses`, Object.fromEntries(statuses));
  expect(faults.slice(0, 5)).toEqual([]);
  expect(foreign.slice(0, 5)).toEqual([]);
  expect(strangers).toBe(0);
  // It did reach the proxy, and the proxy still serves.
  expect(statuses.get('200') ?? 0).toBeGreaterThan(1_000);
  expect((await send(port, 'fuzz.test', '/')).text).toBe('backend');
}, 180_000);
