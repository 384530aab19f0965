/** The metrics: a valid text, true figures, counters that never go back, and a Grafana dashboard that names them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import { eventually, type Product, startProduct, TOKEN } from '../../support/product/product.ts';
import { type Metric, parseMetrics, promtool } from '../../support/product/prometheus.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

async function scrape(accept = 'text/plain'): Promise<{ text: string; type: string | null }> {
  const headers = { authorization: `Bearer ${TOKEN}`, accept };
  const response = await fetch(`${product.url}/api/metrics`, { headers });
  return { text: await response.text(), type: response.headers.get('content-type') };
}
const metrics = async () => parseMetrics((await scrape()).text);
const value = (
  all: Map<string, Metric>,
  name: string,
  labels: Record<string, string>,
): number | undefined => {
  const family = all.get(name) ?? all.get(name.replace(/_(bucket|sum|count)$/, ''));
  const fits = (of: Record<string, string>) => Object.entries(labels).every(([key, v]) => of[key] === v);
  return family?.samples.find((sample) => sample.name === name && fits(sample.labels))?.value;
};

test('the text is valid to a strict reader, and to promtool where it is installed', async () => {
  await servePool(product, 'valid', named(await startConfigurableBackend()));
  const { text, type } = await scrape();
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(parseMetrics(text).size).toBeGreaterThan(10);
  // Null without promtool: then the reader above has judged alone; the next test shows that it can.
  expect(['', null]).toContain(promtool(text));
  const open = await scrape('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(open.text).toMatch(/# TYPE evenkeel_requests counter\n/);
  expect(open.text).toMatch(/# UNIT evenkeel_response_time_seconds seconds\n/);
  expect(open.text.endsWith('\n# EOF\n')).toBe(true);
});

const GOOD = `# HELP x_seconds Time.
# TYPE x_seconds histogram
x_seconds_bucket{le="1"} 2
x_seconds_bucket{le="+Inf"} 3
x_seconds_sum 4
x_seconds_count 3
`;

test.each<[string, (text: string) => string]>([
  ['no line feed at its end', (text) => text.trimEnd()],
  ['a type without help', (text) => text.replace(/# HELP.*\n/, '')],
  ['an unknown type', (text) => text.replace('histogram', 'bars')],
  ['a counter whose name does not end in _total', (text) => text.replace('histogram', 'counter')],
  ['a metric twice', (text) => text + text],
  ['a sample twice', (text) => `${text}x_seconds_count 3\n`],
  ['a sample of another metric', (text) => `${text}y 1\n`],
  ['a value that is no number', (text) => text.replace('sum 4', 'sum four')],
  ['a label without quotes', (text) => text.replace('"1"', '1')],
  ['buckets that fall', (text) => text.replace('le="1"} 2', 'le="1"} 4')],
  ['a last bucket that is not the count', (text) => text.replace('count 3', 'count 4')],
])('the strict reader refuses %s', (_, spoil) => {
  expect(() => parseMetrics(GOOD)).not.toThrow();
  expect(() => parseMetrics(spoil(GOOD))).toThrow();
});

test('requests, responses, failures, retries, ejections and states are what happened', async () => {
  const [a, b] = [await startConfigurableBackend(503), await startConfigurableBackend()];
  const pool = await servePool(product, 'counted', named(a, b), {
    ejection: { failures: 2, baseMs: 60_000 },
  });
  await pool.sequence(10);
  const of = (all: Map<string, Metric>, name: string, backend: string, more = {}) =>
    value(all, `evenkeel_${name}`, { pool: 'counted', backend, ...more });
  const all = await eventually(metrics, (read) => of(read, 'requests_total', 'b') === 10);
  expect(of(all, 'requests_total', 'a')).toBe(a.hits);
  expect(of(all, 'responses_total', 'a', { class: '5xx' })).toBe(a.hits);
  expect(of(all, 'responses_total', 'b', { class: '2xx' })).toBe(10);
  expect(of(all, 'failures_total', 'a', { kind: 'status' })).toBe(a.hits);
  expect(of(all, 'failures_total', 'a', { kind: 'timeout' })).toBe(0);
  expect(of(all, 'retries_total', 'b')).toBe(a.hits);
  expect(of(all, 'ejections_total', 'a')).toBe(1);
  expect(of(all, 'backend_status', 'a', { status: 'ejected' })).toBe(1);
  expect(of(all, 'backend_status', 'a', { status: 'available' })).toBe(0);
  expect(of(all, 'backend_state', 'a', { state: 'active' })).toBe(1);
  expect(of(all, 'response_time_seconds_count', 'b')).toBe(10);
  expect(of(all, 'response_time_seconds_bucket', 'b', { le: '+Inf' })).toBe(10);
  expect(of(all, 'response_time_seconds_bucket', 'b', { le: '10' })).toBe(10);
});

test('a backend that has gone and comes back, under another address too, goes on counting', async () => {
  const [a, b, c] = [
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  ];
  const pool = await servePool(product, 'gone', named(a, b));
  await pool.sequence(4);
  const requests = async () =>
    value(await metrics(), 'evenkeel_requests_total', { pool: 'gone', backend: 'a' });
  await eventually(requests, (n) => n === 2);
  await product.apiOk('DELETE', '/pools/gone/backends/a');
  await pool.sequence(2);
  expect(await requests()).toBeUndefined();
  await product.apiOk('PUT', '/pools/gone/backends/a', { url: c.url });
  await pool.sequence(4);
  await eventually(requests, (n) => n === 4);
});

test('counters do not go back after a crash', async () => {
  const pool = await servePool(product, 'crash', named(await startConfigurableBackend()));
  await pool.sequence(20);
  const requests = async () => value(await metrics(), 'evenkeel_requests_total', { pool: 'crash' });
  await eventually(requests, (n) => n === 20);
  await product.restart();
  expect(await requests()).toBe(20);
});

test('shards are summed', async () => {
  const pool = await servePool(product, 'sum', named(await startConfigurableBackend()), { sharding: 2 });
  await pool.sequence(6);
  await eventually(
    async () => value(await metrics(), 'evenkeel_requests_total', { pool: 'sum' }),
    (n) => n === 6,
  );
});

test('every metric in the Grafana dashboard exists', async () => {
  const dashboard = readFileSync(new URL('../../../docs/grafana.json', import.meta.url), 'utf8');
  const known = await metrics();
  const names = [...new Set(dashboard.match(/evenkeel_[a-z_]+/g))];
  expect(names.length).toBeGreaterThan(5);
  const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
  expect(names.filter((name) => !known.has(name) && !known.has(base(name)))).toEqual([]);
});
