/** Alerts from a real outage to real receivers: what is wrong and what is over arrives, in order, signed, and again where it failed. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { servePool, startConfigurableBackend, startForTest } from '../../support/product/pools.ts';
import { eventually, type Json, type Product, startProduct } from '../../support/product/product.ts';

const SECRET = crypto.randomUUID();

let product: Product;
beforeAll(async () => {
  product = await startProduct({ vars: { ALERT_SECRET: SECRET } });
});
afterAll(() => product.stop());

interface Received {
  readonly body: string;
  readonly message: Json;
  readonly signature: string | undefined;
}

/** A receiver that answers as `answer` says; null: it hangs. */
async function startReceiver() {
  const received: Received[] = [];
  const receiver = { url: '', received, answer: (() => 200) as () => number | null };
  const { url } = await startForTest(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const status = receiver.answer();
    if (status === null) return;
    response.writeHead(status).end('ignored');
    const body = Buffer.concat(chunks).toString();
    const signature = request.headers['x-evenkeel-signature'] as string | undefined;
    if (status < 300) received.push({ body, message: JSON.parse(body), signature });
  });
  receiver.url = url;
  return receiver;
}

async function alertTo(...alerts: Json[]): Promise<void> {
  const { config } = await product.apiOk('GET', '/config');
  await product.apiOk('PUT', '/config', { ...config, alerts });
}

const states = ({ received }: { received: readonly Received[] }) =>
  received.map(({ message: { key, state } }) => `${key} ${state}`);

test('an outage arrives as firing and its end as resolved, signed, with one key and one begin', async () => {
  const receiver = await startReceiver();
  const hanging = await startReceiver();
  hanging.answer = () => null;
  await alertTo({ id: 'ops', url: receiver.url }, { id: 'hanging', url: hanging.url });
  onTestFinished(() => alertTo());
  const backend = await startConfigurableBackend(503);
  const ejection = { failures: 1, baseMs: 500, maxMs: 500 };
  const pool = await servePool(product, 'shop', [{ id: 'a', url: backend.url }], { ejection });
  await pool.get();
  await eventually(
    () => states(receiver),
    (all) => all.includes('backend-out/shop/a firing'),
  );
  await eventually(
    () => states(receiver),
    (all) => all.includes('pool-down/shop firing'),
  );
  backend.status = 200;
  await eventually(
    async () => {
      await pool.get();
      return states(receiver);
    },
    (all) => all.includes('backend-out/shop/a resolved') && all.includes('pool-down/shop resolved'),
    15_000,
  );
  for (const key of ['backend-out/shop/a', 'pool-down/shop']) {
    const [firing, resolved, ...more] = receiver.received.filter(({ message }) => message.key === key);
    expect(more).toEqual([]);
    expect(firing!.message).toMatchObject({ state: 'firing', resolvedAt: null, pool: 'shop' });
    expect(resolved!.message).toMatchObject({ state: 'resolved', since: firing!.message.since });
    expect(resolved!.message.resolvedAt).toBeGreaterThanOrEqual(firing!.message.since);
    expect(resolved!.message.id).not.toBe(firing!.message.id);
  }
  for (const { body, signature } of receiver.received)
    expect(signature).toBe(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
  const { alerts } = await product.apiOk('GET', '/alerts');
  expect(alerts.map(({ id, waiting }: Json) => [id, waiting > 0])).toEqual([
    ['ops', false],
    ['hanging', true],
  ]);
}, 40_000);

test('a receiver that fails gets everything later, in order, and after a restart of the runtime too', async () => {
  const receiver = await startReceiver();
  receiver.answer = () => 500;
  const backend = await startConfigurableBackend(503);
  const other = await startConfigurableBackend(200);
  const backends = [
    { id: 'a', url: backend.url },
    { id: 'b', url: other.url },
  ];
  const ejection = { failures: 1, baseMs: 500, maxMs: 500 };
  const pool = await servePool(product, 'late', backends, { ejection });
  await alertTo({ id: 'ops', url: receiver.url, on: ['backend-out'], pools: ['late'] });
  onTestFinished(() => alertTo());
  await pool.sequence(4);
  const failed = async () =>
    (await product.apiOk('GET', '/events')).events.filter(({ kind }: Json) => kind === 'alert-failed');
  await eventually(failed, (events) => events.length > 0);
  await product.restart();
  backend.status = 200;
  await eventually(
    async () => {
      await pool.sequence(2);
      return (await pool.status('a')).status;
    },
    (status) => status === 'available',
  );
  receiver.answer = () => 204;
  await eventually(
    () => states(receiver),
    (all) => all.length >= 2,
    30_000,
  );
  expect(states(receiver).slice(0, 2)).toEqual(['backend-out/late/a firing', 'backend-out/late/a resolved']);
}, 60_000);

test('a test says what the receiver answered', async () => {
  const receiver = await startReceiver();
  const { url } = await startForTest((_, response) =>
    response.writeHead(302, { location: receiver.url }).end(),
  );
  await alertTo(
    { id: 'ops', url: receiver.url },
    { id: 'elsewhere', url },
    { id: 'chat', url: receiver.url, format: 'slack' },
  );
  onTestFinished(() => alertTo());
  expect(await product.apiOk('POST', '/alerts/ops/test')).toMatchObject({
    message: { event: 'test', key: 'test/ops' },
    trial: { delivered: true, status: 200 },
  });
  expect(await product.apiOk('POST', '/alerts/elsewhere/test')).toMatchObject({
    trial: { delivered: false, status: 302 },
  });
  await product.apiOk('POST', '/alerts/chat/test');
  expect(receiver.received).toHaveLength(2);
  expect(Object.keys(receiver.received[1]!.message)).toEqual(['text']);
  expect((await product.api('POST', '/alerts/nope/test')).status).toBe(404);
});

test.each<[string, Json, string]>([
  [
    'an id twice',
    [
      { id: 'a', url: 'http://127.0.0.1:9' },
      { id: 'a', url: 'http://127.0.0.1:9' },
    ],
    'alerts[1].id',
  ],
  ['an unknown event', [{ id: 'a', url: 'http://127.0.0.1:9', on: ['pool-gone'] }], 'alerts[0].on[0]'],
  [
    'a pool that does not exist',
    [{ id: 'a', url: 'http://127.0.0.1:9', pools: ['nope'] }],
    'alerts[0].pools[0]',
  ],
  ['a query', [{ id: 'a', url: 'http://127.0.0.1:9/?key=1' }], 'alerts[0].url'],
  ['no event', [{ id: 'a', url: 'http://127.0.0.1:9', on: [] }], 'alerts[0].on'],
])('%s is refused with its path', async (_, alerts, path) => {
  const { config } = await product.apiOk('GET', '/config');
  const answer = await product.api('PUT', '/config', { ...config, alerts });
  expect([answer.status, answer.body.errors[0].path]).toEqual([400, path]);
});

test('without private backends a receiver is a public https address', async () => {
  await product.restart({ vars: { ALLOW_PRIVATE_BACKENDS: 'false' } });
  onTestFinished(() => product.restart());
  for (const url of [
    'http://hooks.example.com',
    'https://10.0.0.1',
    'https://169.254.169.254/latest',
    'https://localhost',
  ]) {
    const answer = await product.api('PUT', '/config?dryRun=true', { alerts: [{ id: 'a', url }] });
    expect([url, answer.status]).toEqual([url, 400]);
  }
  const fine = { alerts: [{ id: 'a', url: 'https://hooks.example.com/x' }] };
  expect((await product.api('PUT', '/config?dryRun=true', fine)).status).toBe(200);
});
