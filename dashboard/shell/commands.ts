/** What the command palette offers, as data: pages, pools, what can be done to a backend, and the rest. No I/O. */
import type { BackendConfig, Config } from '../api/config.ts';
import { bestFits } from '../model/fuzzy.ts';

/** What a command does. */
export type Deed =
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

/** One command; what is typed is looked for in its title. */
export interface Command {
  readonly title: string;
  readonly group: (typeof GROUPS)[number];
  readonly deed: Deed;
}

/** The headings of the list, in their order. */
export const GROUPS = ['Pages', 'Pools', 'Backends', 'This browser'] as const;

const PAGES: readonly Command[] = (
  [
    ['Overview', '/'],
    ['Requests', '/requests'],
    ['Routes', '/routes'],
    ['History', '/history'],
    ['Settings', '/settings'],
  ] as const
).map(([name, to]) => ({ title: `Go to ${name}`, group: 'Pages', deed: { do: 'go', to } }));

const BROWSER: readonly Command[] = [
  ...(['light', 'dark', 'system'] as const).map(
    (theme): Command => ({
      title: `Set theme: ${theme}`,
      group: 'This browser',
      deed: { do: 'theme', theme },
    }),
  ),
  { title: 'Sign out', group: 'This browser', deed: { do: 'sign-out' } },
];

/** What an operator may ask of a backend, by the state it is not in. */
const STATES = [
  ['Drain', 'draining'],
  ['Activate', 'active'],
  ['Disable', 'disabled'],
] as const;

/** Everything that can be done now. */
export function commandsOf(config: Config | undefined): Command[] {
  const pools = config?.pools ?? [];
  return [
    ...PAGES,
    ...pools.flatMap(({ id }): Command[] => [
      { title: `Go to pool ${id}`, group: 'Pools', deed: { do: 'pool', pool: id } },
      { title: `Requests of ${id}`, group: 'Pools', deed: { do: 'requests', pool: id } },
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
        deed: { do: 'state', pool, backend: id, state: to },
      }),
    ),
    { title: `Edit ${name}`, group: 'Backends', deed: { do: 'pool', pool, edit: id } },
    { title: `Requests to ${name}`, group: 'Backends', deed: { do: 'requests', pool, backend: id } },
  ];
}

/** Commands under one heading. */
export interface CommandGroup {
  readonly label: string;
  readonly items: readonly Command[];
}

/** Found at most; and for each heading while nothing is typed. */
const MOST = 40;
const UNASKED = 8;

/** The commands that a query finds, by heading; the heading with the best fit first. */
export function found(query: string, commands: readonly Command[]): CommandGroup[] {
  const isAsked = query.trim() !== '';
  const best = bestFits(query, commands, ({ title }) => title, isAsked ? MOST : commands.length);
  const labels = isAsked ? [...new Set(best.map(({ group }) => group))] : GROUPS;
  return labels
    .map((label) => {
      const items = best.filter(({ group }) => group === label);
      return { label, items: isAsked ? items : items.slice(0, UNASKED) };
    })
    .filter(({ items }) => items.length > 0);
}
