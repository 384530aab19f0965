/** The operator's token and the affinity secret are said nowhere: not in logs, not in answers. For the build see build.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOrigin } from '../../support/origins.ts';
import { named, servePool } from '../../support/product/pools.ts';
import { eventually, type Product, send, startProduct, TOKEN } from '../../support/product/product.ts';

const SECRET = crypto.randomUUID();
let product: Product;
let logged = '';
beforeAll(async () => {
  product = await startProduct({
    vars: { AFFINITY_SECRET: SECRET, STATIC_CONFIG: '{"pools":"none"}' },
    logs: (text) => {
      logged += text;
    },
  });
});
afterAll(() => product.stop());

/** Every text that came back, with its headers. */
const answers: string[] = [];
async function ask(method: string, path: string, headers: Record<string, string>, body = ''): Promise<void> {
  const framed = { ...headers, 'content-length': Buffer.byteLength(body) };
  const answer = await send(product.port, 'localhost', path, { method, headers: framed, body });
  answers.push(`${answer.rawHeaders.join('\n')}\n\n${answer.text}`);
}

test('no answer and no log line holds a secret, whatever is asked and however it fails', async () => {
  const [up, down] = [
    await startOrigin((_, response) => response.end('ok')),
    await startOrigin((_, response) => response.writeHead(503).end()),
  ];
  const pool = await servePool(product, 'shop', named(up, down), { ejection: { failures: 1 } });
  await product.apiOk('PUT', '/routes/shop', {
    host: 'shop.test',
    pool: 'shop',
    affinity: 'cookie',
    logSampleRate: 1,
  });
  for (let i = 0; i < 6; i++) {
    const { headers, text } = await pool.get(`/?token=${TOKEN}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    answers.push(JSON.stringify(headers) + text);
  }
  const token = { authorization: `Bearer ${TOKEN}` };
  for (const path of [
    'config',
    'pools/shop/status',
    'requests',
    'events',
    'metrics',
    'openapi.json',
    'session',
    'nothing',
    'config/revisions',
  ])
    for (const headers of [token, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }])
      await ask('GET', `/api/${path}?token=${TOKEN}`, headers);
  await ask('PUT', '/api/config', token, '{"pools":[{"id":"X"}]}');
  await ask('POST', '/api/session', {}, `{"token":"${TOKEN}"}`);
  await ask('POST', '/api/session', {}, `{"token":"${TOKEN}x"}`);
  for (const path of ['/', '/pools/shop']) await ask('GET', path, token);
  await eventually(
    () => logged,
    (text) => text.includes('mapping') && text.includes('STATIC_CONFIG is not valid'),
  );
  for (const secret of [TOKEN, SECRET]) {
    expect(logged).not.toContain(secret);
    expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
  }
  await Promise.all([up.stop(), down.stop()]);
});
