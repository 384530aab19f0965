/** The commands of the palette, as data: pages, pools, routes, requests, actions on backends, this browser's settings. No I/O. */
import type { BackendConfig, Config } from '../api/config.ts';
import { bestFits } from '../model/fuzzy.ts';
import type { RequestsSearch } from '../pages/requests/filter.ts';

/** What a command does. */
export type CommandAction =
  | {
      readonly do: 'go';
      readonly to: '/' | '/incidents' | '/requests' | '/routes' | '/history' | '/alerts' | '/settings';
      readonly add?: 'pool';
    }
  | { readonly do: 'pool'; readonly pool: string; readonly edit?: string; readonly tab?: string }
  /** The list of requests with these filters; `id`: with the details of one. */
  | ({ readonly do: 'requests' } & RequestsSearch)
  /** The page of routes; `edit`: the form of one, `+` of a new one; `url`: a request to test. */
  | { readonly do: 'routes'; readonly edit?: string; readonly url?: string }
  | {
      readonly do: 'state';
      readonly pool: string;
      readonly backend: string;
      readonly state: BackendConfig['state'];
    }
  | { readonly do: 'theme'; readonly theme: 'system' | 'light' | 'dark' }
  | { readonly do: 'sign-out' };

/** One command; the search looks at its title, and at words that are not shown. */
export interface Command {
  readonly title: string;
  /** The URL of a backend, the host and path of a route. */
  readonly words?: string;
  readonly group: (typeof GROUPS)[number];
  readonly action: CommandAction;
}

/** The headings of the list, in order. */
export const GROUPS = ['Find', 'Pages', 'Pools', 'Routes', 'Backends', 'Change', 'This browser'] as const;

const PAGES: readonly Command[] = (
  [
    ['Overview', '/'],
    ['Incidents', '/incidents'],
    ['Requests', '/requests'],
    ['Routes', '/routes'],
    ['History', '/history'],
    ['Alerts', '/alerts'],
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

/** Additions and the like, which open a form or a page. */
const CHANGES: readonly Command[] = [
  { title: 'Add pool', group: 'Change', action: { do: 'go', to: '/', add: 'pool' } },
  { title: 'Add route', group: 'Change', action: { do: 'routes', edit: '+' } },
  { title: 'Test route', words: 'explain where would this go', group: 'Change', action: { do: 'routes' } },
  { title: 'Roll back to an earlier revision', group: 'Change', action: { do: 'go', to: '/history' } },
  { title: 'Export or import the configuration', group: 'Change', action: { do: 'go', to: '/settings' } },
];

/** The actions that change a backend's state, each with the state it leads to. */
const STATES = [
  ['Drain', 'draining'],
  ['Enable', 'active'],
  ['Disable', 'disabled'],
] as const;

/** Every command that is possible now. */
export function commandsOf(config: Config | undefined): Command[] {
  const { pools = [], routes = [] } = config ?? {};
  return [
    ...PAGES,
    ...pools.flatMap(({ id }): Command[] => [
      { title: `Go to pool ${id}`, group: 'Pools', action: { do: 'pool', pool: id } },
      { title: `Requests of ${id}`, group: 'Pools', action: { do: 'requests', pool: id } },
      { title: `Settings of ${id}`, group: 'Pools', action: { do: 'pool', pool: id, tab: 'settings' } },
      { title: `Add backend to ${id}`, group: 'Change', action: { do: 'pool', pool: id, edit: '+' } },
    ]),
    ...routes.map(
      ({ id, host, path }): Command => ({
        title: `Edit route ${id}`,
        words: `${host}${path}`,
        group: 'Routes',
        action: { do: 'routes', edit: id },
      }),
    ),
    ...CHANGES,
    ...pools.flatMap((pool) => pool.backends.flatMap((backend) => backendCommands(pool.id, backend))),
    ...BROWSER,
  ];
}

function backendCommands(pool: string, { id, state, url, binding }: BackendConfig): Command[] {
  const name = `${id} of ${pool}`;
  const words = url ?? binding ?? '';
  const states = STATES.filter(([, to]) => to !== state && !(to === 'draining' && state === 'disabled'));
  return [
    ...states.map(
      ([verb, to]): Command => ({
        title: `${verb} ${name}`,
        words,
        group: 'Backends',
        action: { do: 'state', pool, backend: id, state: to },
      }),
    ),
    { title: `Edit ${name}`, words, group: 'Backends', action: { do: 'pool', pool, edit: id } },
    { title: `Requests to ${name}`, words, group: 'Backends', action: { do: 'requests', pool, backend: id } },
  ];
}

/** Commands under one heading. */
export interface CommandGroup {
  readonly label: string;
  readonly items: readonly Command[];
}

/** What a typed text may be, apart from a command: a request's id, a path, a host, a URL. */
function findCommandsFor(query: string): Command[] {
  const text = query.trim();
  const find = (title: string, action: CommandAction): Command => ({ title, group: 'Find', action });
  if (/\s/.test(text)) return [];
  if (/^https?:\/\/\S+/i.test(text))
    return [find(`Test where ${text} would go`, { do: 'routes', url: text })];
  if (text.startsWith('/'))
    return [find(`Requests whose path begins with ${text}`, { do: 'requests', path: text })];
  const isHost = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(\/\S*)?$/i.test(text);
  const found: Command[] = [];
  if (isHost) found.push(find(`Test where ${text} would go`, { do: 'routes', url: `http://${text}` }));
  // An id of our own, a trace id, or what a client sent: without a digit it is rather a word.
  if (/^[\w.:+/=-]{6,200}$/.test(text) && /\d/.test(text) && !isHost)
    found.push(find(`Request with ID ${text}`, { do: 'requests', id: text }));
  return found;
}

/** Going somewhere is more likely than changing something, where both match as well. */
const PREFERRED = 1.5;
const isGoing = ({ action, group }: Command): boolean =>
  action.do === 'go' || (action.do === 'pool' && action.edit === undefined) || group === 'Routes';

/** The most results; and the most for each heading while nothing is typed. */
const MOST = 40;
const MOST_UNTYPED = 8;

/** The commands that match a query, by heading; the heading with the best match first. */
export function findCommands(query: string, commands: readonly Command[]): CommandGroup[] {
  const isTyped = query.trim() !== '';
  const textOf = ({ title, words = '' }: Command) => `${title} ${words}`;
  const preference = (command: Command) => (isGoing(command) ? PREFERRED : 0);
  const fits = bestFits(query, commands, textOf, { most: isTyped ? MOST : commands.length, preference });
  const best = [...findCommandsFor(query), ...fits];
  const labels = isTyped ? [...new Set(best.map(({ group }) => group))] : GROUPS;
  return labels
    .map((label) => {
      const items = best.filter(({ group }) => group === label);
      return { label, items: isTyped ? items : items.slice(0, MOST_UNTYPED) };
    })
    .filter(({ items }) => items.length > 0);
}
