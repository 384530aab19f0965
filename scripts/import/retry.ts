/** The settings that http, server and location blocks hand down, as overrides of a route. No I/O. */
import { type Notes, readTime } from './notes.ts';
import type { Directive } from './parse.ts';

type Json = Record<string, unknown>;

/** What holds in a block: the newest directive of each name, its own or handed down. */
export type Settings = ReadonlyMap<string, Directive>;

const HANDED_DOWN = new Set([
  'proxy_next_upstream',
  'proxy_next_upstream_tries',
  'proxy_next_upstream_timeout',
  'proxy_read_timeout',
]);

/** The settings inside a block. */
export function settingsOf(block: readonly Directive[], outside: Settings): Settings {
  const own = block.filter((directive) => HANDED_DOWN.has(directive.name));
  return new Map([...outside, ...own.map((directive) => [directive.name, directive] as const)]);
}

/** Whether a directive is one of these, which are reported where a route takes them up. */
export const isHandedDown = (directive: Directive): boolean => HANDED_DOWN.has(directive.name);

/** In production the platform answers for a backend that cannot be reached, with these statuses. */
const ON: Record<string, readonly (string | number)[]> = {
  error: ['connect-failure', 521, 523, 525, 526, 530],
  timeout: ['timeout', 522, 524],
  invalid_header: ['connect-failure', 520],
};
const MOST_RETRIES = 10;
const MOST_MS = 300_000;

/** The overrides of a route; nothing for what the file leaves open, so that the product's defaults hold. */
export function overridesOf(settings: Settings, notes: Notes): Json {
  const retry: Json = {};
  const next = settings.get('proxy_next_upstream');
  if (next?.args.includes('off')) retry.maxRetries = 0;
  else if (next) {
    const on = next.args.flatMap(
      (word) => ON[word] ?? (word.startsWith('http_') ? [Number(word.slice(5))] : []),
    );
    retry.on = [...new Set(on)];
    if (next.args.includes('non_idempotent')) retry.nonIdempotent = true;
  }
  const tries = settings.get('proxy_next_upstream_tries');
  if (tries && retry.maxRetries === undefined) {
    const count = Number(tries.args[0]);
    retry.maxRetries = count === 0 ? MOST_RETRIES : Math.min(count - 1, MOST_RETRIES);
    if (count === 0 || count - 1 > MOST_RETRIES)
      notes.differ(tries, `at most ${MOST_RETRIES} further servers are tried`);
  }
  const total = settings.get('proxy_next_upstream_timeout');
  if (total && readTime(total.args[0]) !== 0)
    notes.drop(total, 'the attempts of a request together take at most its timeoutMs times (1 + maxRetries)');
  const read = settings.get('proxy_read_timeout');
  const timeoutMs = readTime(read?.args[0]);
  if (read && timeoutMs === null) notes.drop(read, 'it is no time');
  if (read && timeoutMs !== null)
    notes.differ(read, 'it holds to the response headers; a body that has begun is never cut');
  return {
    ...(timeoutMs === null ? {} : { timeoutMs: Math.min(Math.max(timeoutMs, 1), MOST_MS) }),
    ...(Object.keys(retry).length > 0 ? { retry } : {}),
  };
}
