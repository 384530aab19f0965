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
    'This browser',
  ]);
  expect(findCommands('nothing like it', commands)).toEqual([]);
});
