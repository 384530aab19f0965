/** What the history says of a change. */
import { expect, test } from 'vitest';
import { differences, summarise, VALUE_LENGTH } from '../../../worker/config/diff.ts';
import { configSchema } from '../../../worker/config/schema.ts';

type Patch = Record<string, unknown>;
const config = (a: Patch = {}, b: Patch = {}, pool: Patch = {}, routes: Patch[] = []) =>
  configSchema.parse({
    pools: [
      {
        id: 'shop',
        backends: [
          { id: 'a', url: 'https://a.example.net', ...a },
          { id: 'b', url: 'https://b.example.net', ...b },
        ],
        ...pool,
      },
    ],
    routes,
  });

test('equal documents do not differ', () => {
  expect(differences(config(), config())).toEqual([]);
  expect(summarise(config(), config())).toEqual({ path: '', from: null, to: null });
});

test('one changed field is shown with its value before and after', () => {
  const expected = { path: 'pools[shop].backends[a].state', from: 'active', to: 'draining' };
  expect(differences(config(), config({ state: 'draining' }))).toEqual([expected]);
  expect(summarise(config(), config({ state: 'draining' }))).toEqual(expected);
});

test('several fields of one backend are shown as that backend', () => {
  const [from, to] = [config(), config({ state: 'draining', weight: 3 })];
  const path = 'pools[shop].backends[a]';
  expect(summarise(from, to)).toEqual({
    path,
    from: from.pools[0]!.backends[0],
    to: to.pools[0]!.backends[0],
  });
});

test('changes of two backends are shown as the list of backends', () => {
  const [from, to] = [config(), config({ weight: 2 }, { weight: 2 })];
  expect(summarise(from, to)).toEqual({
    path: 'pools[shop].backends',
    from: from.pools[0]!.backends,
    to: to.pools[0]!.backends,
  });
});

test('an added part comes from null, a removed one goes to null', () => {
  const route = { id: 'r', host: 'r.example.com', pool: 'shop' };
  const [without, having] = [config(), config({}, {}, {}, [route])];
  expect(summarise(without, having)).toEqual({ path: 'routes[r]', from: null, to: having.routes[0] });
  expect(summarise(having, without)).toEqual({ path: 'routes[r]', from: having.routes[0], to: null });
});

test('a changed order is one difference, in ids', () => {
  const from = config();
  const to = { ...from, pools: [{ ...from.pools[0]!, backends: from.pools[0]!.backends.toReversed() }] };
  expect(differences(from, to)).toEqual([{ path: 'pools[shop].backends', from: ['a', 'b'], to: ['b', 'a'] }]);
});

test('a nested setting and a list of plain values', () => {
  expect(differences(config(), config({}, {}, { retry: { on: ['timeout'], maxRetries: 1 } }))).toEqual([
    { path: 'pools[shop].retry.maxRetries', from: 2, to: 1 },
    { path: 'pools[shop].retry.on', from: config().pools[0]!.retry.on, to: ['timeout'] },
  ]);
});

test(`a value of ${VALUE_LENGTH} characters is kept, a longer one is left out, and the path says where it was`, () => {
  const of = (length: number) => ({ name: 'x'.repeat(length - 2) });
  expect(summarise(of(10), of(VALUE_LENGTH)).to).toBe('x'.repeat(VALUE_LENGTH - 2));
  expect(summarise(of(10), of(VALUE_LENGTH + 1))).toEqual({ path: 'name', from: 'x'.repeat(8), to: null });
});

test('long values are left out of the summary', () => {
  const backends = Array.from({ length: 100 }, (_, i) => ({ id: `x${i}`, url: 'https://x.example.net' }));
  const to = config({}, {}, { backends });
  expect(summarise(config(), to)).toMatchObject({ path: 'pools[shop].backends', to: null });
});
