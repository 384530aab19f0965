/** Problems of a document, each at the field it belongs to. */
import { expect, test } from 'vitest';
import { messageAt, pathOf, splitProblems, within } from '../../../../dashboard/model/problems.ts';
import { configSchema } from '../../../../worker/config/schema.ts';

test('messages of the whole document find the fields of one part', () => {
  const config = configSchema.parse({
    pools: [
      { id: 'p', backends: [{ id: 'a' }] },
      { id: 'q', backends: [{ id: 'a' }, { id: 'b' }] },
    ],
    routes: [{ id: 'r', host: 'r.test', pool: 'p' }],
  });
  expect(pathOf(config, { pool: 'q', backend: 'b' })).toBe('pools[1].backends[1]');
  expect(pathOf(config, { route: 'r' })).toBe('routes[0]');
  expect(pathOf(config, { pool: 'none' })).toBeNull();
  const found = within(
    [
      { path: 'pools[1].backends[1].url', message: 'is needed' },
      { path: 'pools[1].backends[10].url', message: 'of another' },
      { path: 'pools[1].retry.on[2]', message: 'must be' },
    ],
    'pools[1]',
  );
  expect(messageAt(found, 'retry.on')).toBe('must be');
  expect(messageAt(within(found, 'backends[1]'), 'url')).toBe('is needed');
});

test('messages that belong to no field of a form are kept apart from those of its fields', () => {
  const problems = [
    { path: 'routes[1].host', message: 'is needed' },
    { path: 'routes[1]', message: 'is odd' },
    { path: 'routes[10].host', message: 'is of another route' },
  ];
  expect(splitProblems(problems, 'routes[1]', ['host', 'path'])).toEqual({
    own: [{ path: 'host', message: 'is needed' }],
    rest: ['is odd', 'routes[10].host is of another route'],
  });
});
