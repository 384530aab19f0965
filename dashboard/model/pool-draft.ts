/** A new pool while it is being typed: id, one backend per line, policy, and the host of its route. No I/O. */
import type { Problem } from '../../worker/config/check.ts';
import type { PoolConfig, RouteConfig } from '../api/config.ts';

/** The form's fields. An empty `host`: no route. */
export interface PoolDraft {
  readonly id: string;
  readonly urls: string;
  readonly policy: PoolConfig['policy'];
  readonly host: string;
}

/** Nothing typed yet. */
export const EMPTY_POOL: PoolDraft = { id: '', urls: '', policy: 'round-robin', host: '' };

/** Each policy as a choice. */
export const POLICY_WORDS: Readonly<Record<PoolConfig['policy'], string>> = {
  'round-robin': 'Round robin, by weight',
  random: 'Random, by weight',
  'least-request': 'Fewest requests in flight',
  'least-time': 'Shortest time to answer',
  hash: 'Hash of a key',
};

/** `a`, `b` … `z`, `b27` …: ids of backends by their position. */
const letter = (i: number): string => String.fromCharCode('a'.charCodeAt(0) + i);
const LETTERS = 26;
const backendId = (i: number): string => (i < LETTERS ? letter(i) : `b${i + 1}`);

/** The lines that are not empty, with line numbers from 1. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line, i) => ({ number: i + 1, url: line.trim() }))
    .filter(({ url }) => url !== '');

/** The pool as typed; the API adds the defaults. Without a line it has one backend without a URL. */
export function poolOf({ id, urls, policy }: PoolDraft): PoolConfig {
  const lines = linesOf(urls);
  const backends = (lines.length > 0 ? lines : [{ url: '' }]).map(({ url }, i) => ({
    id: backendId(i),
    url,
  }));
  return { id: id.trim(), policy, backends } as unknown as PoolConfig;
}

/** The host of a text as it is typed or pasted: of a URL, and without a default port. */
export const typedHost = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
    .replace(/:(80|443)$/, '');

/** The route to the pool, with the pool's id if no route has it yet; null if no host was typed. */
export function routeTo({ id, host }: PoolDraft, taken: readonly string[]): RouteConfig | null {
  const name = typedHost(host);
  if (name === '') return null;
  const wanted = id.trim();
  let free = wanted;
  for (let n = 2; taken.includes(free); n++) free = `${wanted}-${n}`;
  return { id: free, host: name, pool: wanted } as RouteConfig;
}

/** The messages about backends, with the line that each is about: `line 2 must be …`. */
export function urlProblems(draft: PoolDraft, problems: readonly Problem[]): string | undefined {
  const lines = linesOf(draft.urls);
  const about = problems.filter(({ path }) => path.startsWith('backends'));
  const words = about.map(({ path, message }) => {
    const line = lines[Number(/^backends\[(\d+)\]/.exec(path)?.[1] ?? Number.NaN)];
    return line && lines.length > 1 ? `line ${line.number} ${message}` : message;
  });
  return words.length > 0 ? [...new Set(words)].join('; ') : undefined;
}
