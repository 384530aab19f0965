/** What the command palette offers. */
import { expect, test } from 'vitest';
import { type CommandGroup, commandsOf, findCommands } from '../../../../dashboard/shell/commands.ts';
import { parse } from '../../../../worker/config/check.ts';
import { configSchema } from '../../../../worker/config/schema.ts';

test('the palette offers the actions that a backend allows, and few while nothing is typed', () => {
  const backends = ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}.test` }));
  const pools = [
    {
      id: 'shop',
      backends: [backends[0], { ...backends[1], state: 'draining' }, { ...backends[2], state: 'disabled' }],
    },
  ];
  const parsed = parse(configSchema, { pools });
  if (!parsed.ok) throw new Error('wrong');
  const commands = commandsOf(parsed.value);
  const titles = commands.map(({ title }) => title);
  expect(titles.filter((title) => /^(Drain|Enable|Disable)/.test(title))).toEqual([
    'Drain a of shop',
    'Disable a of shop',
    'Enable b of shop',
    'Disable b of shop',
    'Enable c of shop',
  ]);
  expect(new Set(titles).size).toBe(titles.length);
  const first = ([group]: CommandGroup[]) => group?.items[0]?.title;
  expect(first(findCommands('drain a', commands))).toBe('Drain a of shop');
  expect(first(findCommands('theme dark', commands))).toBe('Set theme: dark');
  expect(findCommands('', commands).map(({ label }) => label)).toEqual([
    'Pages',
    'Pools',
    'Backends',
    'Change',
    'This browser',
  ]);
  expect(findCommands('nothing like it', commands)).toEqual([]);
});

test('one field finds requests, paths, hosts, URLs, backends by URL and routes by host', () => {
  const parsed = parse(configSchema, {
    pools: [{ id: 'checkout-eu', backends: [{ id: 'chec-01', url: 'https://ip-10-20.example.net' }] }],
    routes: [{ id: 'pay', host: 'pay.example.com', path: '/cart', pool: 'checkout-eu' }],
  });
  if (!parsed.ok) throw new Error('wrong');
  const commands = commandsOf(parsed.value);
  const best = (query: string) => findCommands(query, commands)[0]?.items[0];
  expect(best('7e9bd5c0-1c1e-4c05-b2c7-3e4d6f4a9d11')?.action).toEqual({
    do: 'requests',
    id: '7e9bd5c0-1c1e-4c05-b2c7-3e4d6f4a9d11',
  });
  expect(best('/cart/7')?.action).toEqual({ do: 'requests', path: '/cart/7' });
  expect(best('shop.example.com/x')?.action).toEqual({ do: 'routes', url: 'http://shop.example.com/x' });
  expect(best('https://shop.example.com/x')?.action).toEqual({
    do: 'routes',
    url: 'https://shop.example.com/x',
  });
  expect(best('ip-10-20')?.title).toBe('Request with ID ip-10-20');
  expect(findCommands('ip-10-20', commands)[1]?.items.map(({ title }) => title)).toContain(
    'Edit chec-01 of checkout-eu',
  );
  expect(
    findCommands('pay.example', commands).flatMap(({ items }) => items.map(({ title }) => title)),
  ).toContain('Edit route pay');
  expect(best('chec')?.title).toBe('Go to pool checkout-eu');
  expect(best('add route')?.action).toEqual({ do: 'routes', edit: '+' });
});
