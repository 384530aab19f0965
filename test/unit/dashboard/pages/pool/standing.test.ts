/** The state of a backend: verdict, setting, drain and cause of an ejection. */
import { expect, test } from 'vitest';
import type { BackendConfig } from '../../../../../dashboard/api/config.ts';
import type { BackendStatus } from '../../../../../dashboard/api/status.ts';
import { causesOf, progress, standingOf } from '../../../../../dashboard/pages/pool/standing.ts';
import { ejected, poolOf, status } from '../../samples.ts';

test.each<[string, Partial<BackendConfig>, BackendStatus | undefined, string, string]>([
  ['that is active and available', {}, status('a'), 'available', 'active'],
  ['that is ejected', {}, ejected('a'), 'ejected', 'active'],
  ['that drains, before the status shows it', { state: 'draining' }, status('a'), 'draining', 'draining'],
  [
    'that was just enabled, before the status shows it',
    {},
    status('a', { status: 'draining' }),
    'waiting for data',
    'active',
  ],
  ['of weight 0', { weight: 0 }, status('a', { status: 'standby' }), 'no new requests', 'active'],
  ['of a higher tier', { tier: 2 }, status('a', { status: 'standby' }), 'standby', 'active, tier 2'],
  ['without a status', {}, undefined, 'waiting for data', 'active'],
])('a backend %s has a verdict and a setting', (_, fields, known, word, intent) => {
  const backend = { ...poolOf([{}]).backends[0]!, ...fields };
  expect(standingOf(backend, known)).toMatchObject({ word, intent });
});

test('a draining backend shows its ejection too', () => {
  const backend = poolOf([{ state: 'draining' }]).backends[0]!;
  expect(standingOf(backend, status('a', { status: 'draining', ejectedUntil: 5 }))).toMatchObject({
    word: 'draining',
    ejectedUntil: 5,
  });
});

test('a drain shows the clients left, then when it will be safe to remove, then that it is', () => {
  const drain = { since: 0, disableAt: null, safeAt: 65_000, safeToRemove: false, why: '' };
  expect(progress(status('a', { drain, affinityClients: 1, openWebSockets: 3 }), 0)).toBe(
    '1 client, 3 sockets left',
  );
  expect(progress(status('a', { drain }), 0)).toBe('safe to remove in 1 min 05 s');
  expect(progress(status('a', { drain: { ...drain, safeToRemove: true } }), 0)).toBe('safe to remove');
  expect(progress(status('a'), 0)).toBe('no new clients');
});

test('the cause of an ejection is that of the newest event', () => {
  const event = (kind: string, pool: string, backend: string, why: string) => ({ kind, pool, backend, why });
  const events = [
    event('probe', 'p', 'a', 'its ejection is over'),
    event('ejected', 'q', 'a', 'of another pool'),
    event('ejected', 'p', 'a', 'its probe failed: status 503'),
    event('ejected', 'p', 'a', '3 failures in a row'),
  ];
  expect(causesOf(events as never, 'p')).toEqual({ a: 'its probe failed: status 503' });
});
