/** The commands of the palette, as data: pages, pools, actions on backends, and this browser's settings. No I/O. */
import type { BackendConfig, Config } from '../api/config.ts';
import { bestFits } from '../model/fuzzy.ts';

/** What a command does. */
export type CommandAction =
  | { readonly do: 'go'; readonly to: '/' | '/requests' | '/routes' | '/history' | '/settings' }
  | { readonly do: 'pool'; readonly pool: string; readonly edit?: string }
  | { readonly do: 'requests'; readonly pool: string; readonly backend?: string }
  | {
      readonly do: 'state';
      readonly pool: string;
      readonly backend: string;
      readonly state: BackendConfig['state'];
    }
  | { readonly do: 'theme'; readonly theme: 'system' | 'light' | 'dark' }
  | { readonly do: 'sign-out' };

/** One command; the search looks at its title. */
export interface Command {
  readonly title: string;
  readonly group: (typeof GROUPS)[number];
  readonly action: CommandAction;
}

/** The headings of the list, in order. */
export const GROUPS = ['Pages', 'Pools', 'Backends', 'This browser'] as const;

const PAGES: readonly Command[] = (
  [
    ['Overview', '/'],
    ['Requests', '/requests'],
    ['Routes', '/routes'],
    ['History', '/history'],
    ['Settings', '/settings'],
  ] as const
).map(([name, to]) => ({ title: `Go to ${name}`, group: 'Pages', action: { do: 'go', to } }));

const BROWSER: readonly Command[] = [
  ...(['light', 'dark', 'system'] as const).map(
    (theme): Command => ({
      title: `Set theme: ${theme}`,
      group: 'This browser',
      action: { do: 'theme', theme },
    }),
  ),
  { title: 'Sign out', group: 'This browser', action: { do: 'sign-out' } },
];

/** The actions that change a backend's state, each with the state it leads to. */
const STATES = [
  ['Drain', 'draining'],
  ['Enable', 'active'],
  ['Disable', 'disabled'],
] as const;

/** Every command that is possible now. */
export function commandsOf(config: Config | undefined): Command[] {
  const pools = config?.pools ?? [];
  return [
    ...PAGES,
    ...pools.flatMap(({ id }): Command[] => [
      { title: `Go to pool ${id}`, group: 'Pools', action: { do: 'pool', pool: id } },
      { title: `Requests of ${id}`, group: 'Pools', action: { do: 'requests', pool: id } },
    ]),
    ...pools.flatMap((pool) => pool.backends.flatMap((backend) => backendCommands(pool.id, backend))),
    ...BROWSER,
  ];
}

function backendCommands(pool: string, { id, state }: BackendConfig): Command[] {
  const name = `${id} of ${pool}`;
  const states = STATES.filter(([, to]) => to !== state && !(to === 'draining' && state === 'disabled'));
  return [
    ...states.map(
      ([verb, to]): Command => ({
        title: `${verb} ${name}`,
        group: 'Backends',
        action: { do: 'state', pool, backend: id, state: to },
      }),
    ),
    { title: `Edit ${name}`, group: 'Backends', action: { do: 'pool', pool, edit: id } },
    { title: `Requests to ${name}`, group: 'Backends', action: { do: 'requests', pool, backend: id } },
  ];
}

/** Commands under one heading. */
export interface CommandGroup {
  readonly label: string;
  readonly items: readonly Command[];
}

/** The most results; and the most for each heading while nothing is typed. */
const MOST = 40;
const MOST_UNTYPED = 8;

/** The commands that match a query, by heading; the heading with the best match first. */
export function findCommands(query: string, commands: readonly Command[]): CommandGroup[] {
  const isTyped = query.trim() !== '';
  const best = bestFits(query, commands, ({ title }) => title, isTyped ? MOST : commands.length);
  const labels = isTyped ? [...new Set(best.map(({ group }) => group))] : GROUPS;
  return labels
    .map((label) => {
      const items = best.filter(({ group }) => group === label);
      return { label, items: isTyped ? items : items.slice(0, MOST_UNTYPED) };
    })
    .filter(({ items }) => items.length > 0);
}
