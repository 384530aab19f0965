/** What clients received, as status, metrics, series and recorded requests tell it: to the request, over failures of every kind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deadPort, type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import {
  type Answer,
  eventually,
  type Json,
  many,
  type Product,
  startProduct,
  TOKEN,
  tally,
} from '../../support/product/product.ts';
import { parseMetrics } from '../../support/product/prometheus.ts';
import { breakOff, rawRequest } from '../../support/product/raw.ts';

/** More with `RECEIVED_REQUESTS=20000`. */
const REQUESTS = Number(process.env.RECEIVED_REQUESTS ?? 900);
const LEFT = 5;
const BODY = 'x'.repeat(100);
/** No backend is ejected, so that failures go on. */
const PATIENT = { failures: 1_000, failurePercent: 0, stallMs: 0 };

let product: Product;
let origin: Origin;
beforeAll(async () => {
  product = await startProduct();
  origin = await startOrigin((request, response) => {
    request.resume();
    const [, kind, value] = request.url!.split('/');
    if (kind === 'close') request.socket.destroy();
    else if (kind === 'status') response.writeHead(Number(value), { 'content-length': 100 }).end(BODY);
    else if (kind !== 'hang') response.writeHead(200, { 'content-length': 100 }).end(BODY);
  });
});
afterAll(async () => {
  await product.stop();
  await origin.stop();
});

const PATHS = [
  ...['/', '/api/x', '/status/301', '/status/404', '/api/status', '/status/500', '/', '/api', '/'],
  ...['/status/503', '/close', '/', '/api/y', '/', '/', '/', '/', '/', '/', '/', '/'],
];
const METHODS = ['GET', 'GET', 'POST', 'HEAD', 'GET', 'PUT'];

/** Sends a request and leaves while a backend is silent: in the first milliseconds the client goes unwatched. */
async function leave(host: string): Promise<void> {
  const hits = origin.hits;
  await breakOff(product.port, rawRequest('/hang', host), 'RST', async () => {
    const waiting = () => (origin.hits > hits ? performance.now() : Number.POSITIVE_INFINITY);
    const since = await eventually(waiting, Number.isFinite);
    await eventually(waiting, (now) => now - since > 100);
  });
}

const classOf = (status: number): string => `${Math.floor(status / 100)}xx`;
const isOwn = ({ headers }: Answer): boolean => headers['content-type'] === 'application/problem+json';
const sum = (counts: Record<string, number | null>): number =>
  Object.values(counts).reduce<number>((a, b) => a + (b ?? 0), 0);
const withoutZeros = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));

async function metrics() {
  const response = await fetch(`${product.url}/api/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const all = parseMetrics(await response.text());
  return (name: string, labels: Record<string, string>, by: string): Record<string, number> =>
    Object.fromEntries(
      (all.get(name)?.samples ?? [])
        .filter((sample) => Object.entries(labels).every(([key, v]) => sample.labels[key] === v))
        .filter(({ value }) => value > 0)
        .map((sample) => [sample.labels[by], sample.value]),
    );
}

test('status, metrics, series and requests agree with what the clients counted', async () => {
  const backends = [...named(origin, origin), { id: 'dead', url: `http://127.0.0.1:${await deadPort()}` }];
  const startedAt = Date.now();
  const more = { ejection: PATIENT, timeoutMs: 400 };
  const pool = await servePool(product, 'mix', backends, more);
  await product.apiOk('PUT', '/routes/mix-api', {
    id: 'mix-api',
    host: pool.host,
    path: '/api',
    pool: 'mix',
  });
  const answers = await many(REQUESTS, 16, async (i) => {
    const path = PATHS[i % PATHS.length]!;
    const method = METHODS[i % METHODS.length]!;
    const headers = { 'content-length': method === 'PUT' || method === 'POST' ? 7 : 0 };
    const sent = await pool.get(path, { method, headers, body: headers['content-length'] ? '7 bytes' : '' });
    return { ...sent, path, method };
  });
  await many(3, 3, () => pool.get('/hang'));
  const timedOut = await many(2, 2, () =>
    pool.get('/hang', { method: 'POST', headers: { 'content-length': 0 } }),
  );
  const left = await servePool(product, 'left', named(origin));
  await many(LEFT, 1, () => leave(left.host));
  const lost = await many(7, 7, () => product.get('unknown.test', '/'));
  expect(lost.every(({ status }) => status === 404)).toBe(true);
  expect(timedOut.some(({ status }) => status === 504 || status === 502)).toBe(true);

  const known = [...answers, ...timedOut.map((answer) => ({ ...answer, path: '/hang', method: 'POST' }))];
  const total = known.length + 3;
  const read = () => product.apiOk('GET', '/status');
  const status = await eventually(
    read,
    ({ pools, unrouted }) =>
      sum(pools[0].responses) === total && pools[1].clientClosed === LEFT && unrouted.own['404'] === 7,
  );
  const [shop] = status.pools;

  // Of `/hang` by GET the clients' statuses depend on which backend was next: they are counted by the rest.
  const hung = { ...shop.responses };
  for (const { status: code } of known) hung[classOf(code)]--;
  expect(sum(hung)).toBe(3);
  const own = { ...shop.own };
  for (const answer of known) if (isOwn(answer)) own[answer.status]--;
  expect(sum(own)).toBeLessThanOrEqual(3);
  expect(Object.keys(own).every((code) => ['502', '504'].includes(code))).toBe(true);

  // By route and by backend.
  const byRoute = Object.fromEntries(status.routes.map((row: Json) => [row.id, row.responses]));
  const isApi = ({ path }: { path: string }) => path.startsWith('/api');
  expect(withoutZeros(byRoute['mix-api'])).toEqual(tally(known.filter(isApi).map((a) => classOf(a.status))));
  expect(sum(byRoute.mix)).toBe(total - known.filter(isApi).length);
  for (const backend of shop.backends) {
    const got = known.filter((answer) => answer.backend === backend.id).map((a) => classOf(a.status));
    const extra = sum(backend.responses) - got.length;
    expect(extra).toBeGreaterThanOrEqual(0);
    expect(extra).toBeLessThanOrEqual(3);
    for (const [name, n] of Object.entries(tally(got)))
      expect(backend.responses[name]).toBeGreaterThanOrEqual(n);
  }
  expect(sum(shop.backends[2].responses)).toBe(0);

  // Retries.
  const attemptsOf = (answer: Answer) => String(answer.headers['x-backend-attempts'] ?? '').split(', ');
  const saved = known.filter(
    (answer) => attemptsOf(answer).length > 1 && !isOwn(answer) && answer.status !== 503,
  );
  expect(shop.savedByRetry - saved.length).toBeGreaterThanOrEqual(0);
  expect(shop.savedByRetry - saved.length).toBeLessThanOrEqual(3);
  const failures = known.filter(({ status: code }) => [502, 503, 504].includes(code)).length;
  expect(sum(shop.retriesRefused) - failures).toBeGreaterThanOrEqual(0);
  expect(sum(shop.retriesRefused) - failures).toBeLessThanOrEqual(3);
  expect(shop.retriesRefused.method).toBeGreaterThan(0);
  expect(shop.retriesRefused.budget).toBeGreaterThan(0);
  const bodies = known.filter((answer) => !isOwn(answer) && answer.method !== 'HEAD').length;
  const hungBodies = shop.bytesOut / 100 - bodies;
  expect(hungBodies).toBeGreaterThanOrEqual(0);
  expect(hungBodies).toBeLessThanOrEqual(3);
  expect(shop.bytesIn).toBeGreaterThan(0);

  // The other views of the same counts.
  expect(await product.apiOk('GET', '/pools/mix/status')).toMatchObject({
    responses: shop.responses,
    own: shop.own,
    clientClosed: 0,
    savedByRetry: shop.savedByRetry,
    retriesRefused: shop.retriesRefused,
  });
  const metric = await metrics();
  expect(metric('evenkeel_client_responses_total', { pool: 'mix' }, 'class')).toEqual(
    withoutZeros(shop.responses),
  );
  expect(metric('evenkeel_route_responses_total', { route: 'mix-api' }, 'class')).toEqual(
    withoutZeros(byRoute['mix-api']),
  );
  for (const { id, responses } of shop.backends)
    expect(metric('evenkeel_backend_responses_total', { pool: 'mix', backend: id }, 'class')).toEqual(
      withoutZeros(responses),
    );
  expect(metric('evenkeel_own_responses_total', {}, 'status')).toEqual({ ...shop.own, 404: 7 });
  expect(metric('evenkeel_saved_by_retry_total', {}, 'pool')).toEqual({ mix: shop.savedByRetry });
  expect(metric('evenkeel_retries_refused_total', { pool: 'mix' }, 'reason')).toEqual(
    withoutZeros(shop.retriesRefused),
  );

  const seriesOf = async (query: string) => {
    const series = await product.apiOk('GET', `/series?${query}&from=${startedAt}&to=${Date.now() + 5_000}`);
    return (figure: string) => sum(series[figure]);
  };
  const check = async () => {
    const all = await seriesOf('pool=mix');
    for (const [name, n] of Object.entries(shop.responses)) expect([name, all(name)]).toEqual([name, n]);
    expect((await seriesOf('pool=left'))('clientClosed')).toBe(LEFT);
    expect((await seriesOf('pool=left'))('requests')).toBe(0);
    expect(all('savedByRetry')).toBe(shop.savedByRetry);
    expect(all('retriesRefused')).toBe(sum(shop.retriesRefused));
    expect(all('own')).toBe(sum(shop.own));
    expect(all('attempts')).toBe(shop.backends.reduce((n: number, one: Json) => n + one.requests, 0));
    const ofBackend = await seriesOf('pool=mix&backend=a');
    expect(ofBackend('2xx')).toBe(shop.backends[0].responses['2xx']);
    expect(ofBackend('attempts')).toBe(shop.backends[0].requests);
    const ofRoute = await seriesOf('pool=mix&route=mix-api');
    expect(ofRoute('requests')).toBe(sum(byRoute['mix-api']));
    const minutes = await seriesOf('pool=mix&step=60000');
    expect(minutes('requests')).toBe(total);
  };
  await check();
  // A scrape writes what it has read.
  await metrics();
  await product.evict('Pool', 'mix/0');
  await check();
  await product.restart();
  await check();
  const again = await read();
  expect(again.pools[0].responses).toEqual(shop.responses);
  expect(again.routes.find((row: Json) => row.id === 'mix-api').responses).toEqual(byRoute['mix-api']);
  expect(again.unrouted.own).toEqual({ 404: 7 });

  // The failures are kept beside the others, and can be found.
  const find = async (query: string) =>
    (await product.apiOk('GET', `/requests?limit=1000&${query}`)).requests;
  const failed = await find('pool=mix&status=5xx');
  expect(failed).toHaveLength(Math.min(1_000, shop.responses['5xx']));
  expect(failed.every((row: Json) => row.status >= 500)).toBe(true);
  expect((await find('retried=true')).every((row: Json) => row.attempts.length > 1)).toBe(true);
  expect((await find('pool=mix&retried=true')).length).toBeGreaterThan(0);
  expect((await find('slowerThanMs=350')).every((row: Json) => row.ms > 350)).toBe(true);
  expect((await find('slowerThanMs=350')).length).toBeGreaterThan(0);
  expect(new Set((await find('method=post')).map((row: Json) => row.method))).toEqual(new Set(['POST']));
  expect(await find('host=unknown.test')).toHaveLength(7);
  for (const query of ['status=5x', 'failed=yes', 'slowerThanMs=fast'])
    expect((await product.api('GET', `/requests?${query}`)).status).toBe(400);
});

test('an outage shows at once, with its cause; it is one incident whose cost is what clients counted', async () => {
  const backend = await startConfigurableBackend(200);
  const other = await startConfigurableBackend(200);
  const pool = await servePool(product, 'shop', named(backend, other));
  const health = async () => (await product.apiOk('GET', '/pools/shop/status')).health;
  const reaches = (state: string) => eventually(health, (now) => now.state === state);
  await many(10, 2, () => pool.get());
  expect(await reaches('ok')).toMatchObject({ why: '' });

  await pool.patch('a', { state: 'draining' });
  expect((await reaches('reduced')).why).toBe('a is draining');
  await pool.patch('a', { state: 'active' });
  await reaches('ok');

  // The application fails: no backend is out.
  backend.status = 500;
  other.status = 500;
  const answers = await many(30, 3, () => pool.get());
  // A part of them may have been counted first.
  const failing = await eventually(health, ({ why }) => why.includes('30 of 40'));
  expect(failing).toMatchObject({
    state: 'failing',
    why: '75 % of the requests of the last minute failed: 30 of 40',
  });
  backend.status = 503;
  other.status = 503;
  const more = await many(20, 2, () => pool.get());
  const down = await reaches('down');
  expect(down.why).toBe('no backend is left: a and b are ejected');
  const cost = [...answers, ...more].filter(({ status }) => status >= 500).length;
  const incidents = async () => (await product.apiOk('GET', '/incidents?pool=shop')).incidents;
  const [incident] = await eventually(incidents, ([row]) => row?.requestsFailed === cost);
  expect(incident).toMatchObject({ pool: 'shop', state: 'down', to: null, cause: down.why });
  expect(incident.backends.toSorted()).toEqual(['a', 'b']);
  expect(incident.events.map((event: Json) => event.kind)).toContain('pool-out');
  expect(incident.from).toBeLessThanOrEqual(down.since);

  await eventually(
    () => product.apiOk('GET', '/events'),
    ({ events }) => events.some((event: Json) => event.kind === 'pool-out'),
  );
  // A scrape writes what it has read.
  await metrics();
  await product.restart();
  expect(await health()).toMatchObject({ state: 'down', since: down.since });
  const status = await product.apiOk('GET', '/status');
  expect(status.pools.find((row: Json) => row.pool === 'shop').health).toMatchObject({ since: down.since });
  expect(await incidents()).toHaveLength(1);
});
