/** From an `upstream` block to a pool. No I/O. */
import { backendUrlProblem } from '../../worker/config/backend-url.ts';
import { type Notes, readTime } from './notes.ts';
import type { Directive } from './parse.ts';

type Json = Record<string, unknown>;

/** An upstream as its blocks tell it, before scheme and path are known. */
export interface Upstream {
  readonly name: string;
  readonly servers: readonly Server[];
  readonly policy: Json;
  readonly ejection: Json;
  readonly slowStartMs: number;
  /** `sticky cookie`: affinity of the routes that lead here. */
  readonly affinity: Json;
}

interface Server {
  readonly directive: Directive;
  readonly host: string;
  readonly fields: Json;
}

/** What one server says of max_fails and fail_timeout. */
interface Fails {
  failures?: number;
  timeoutMs?: number;
}

/** As many failures in a row as a pool can ask for: nginx's max_fails=0 asks for none. */
const NEVER = 1_000;
const DAY_MS = 86_400_000;

/** Reads one block. */
export function readUpstream(block: Directive, notes: Notes): Upstream {
  const servers: Server[] = [];
  const fails: Fails[] = [];
  let policy: Json = {};
  let affinity: Json = {};
  let slowStartMs = 0;
  for (const directive of block.block ?? []) {
    const chosen = readPolicy(directive, notes);
    if (directive.name === 'server') {
      const server = readServer(directive, notes);
      if (!server) continue;
      servers.push(server);
      fails.push(server.fails);
      slowStartMs = Math.max(slowStartMs, server.slowStartMs);
    } else if (chosen) policy = chosen;
    else if (directive.name === 'sticky') affinity = readSticky(directive, notes);
    else if (!POLICIES.has(directive.name)) notes.drop(directive);
  }
  return {
    name: block.args[0] ?? '',
    servers,
    policy,
    affinity,
    slowStartMs,
    ejection: ejectionOf(block, fails, notes),
  };
}

function readServer(
  directive: Directive,
  notes: Notes,
): (Server & { fails: Fails; slowStartMs: number }) | null {
  const [address = '', ...options] = directive.args;
  if (address.startsWith('unix:')) {
    notes.drop(directive, 'Workers reach backends by network only');
    return null;
  }
  const fields: Json = {};
  const fails: Fails = {};
  let slowStartMs = 0;
  for (const option of options) {
    const [key, value] = option.split(/=(.*)/) as [string, string?];
    if (key === 'weight') fields.weight = Number(value);
    else if (key === 'backup') fields.tier = 1;
    else if (key === 'down') fields.state = 'disabled';
    else if (key === 'max_fails') fails.failures = Number(value) || NEVER;
    else if (key === 'fail_timeout') fails.timeoutMs = readTime(value) ?? 10_000;
    else if (key === 'slow_start') slowStartMs = Math.min(readTime(value) ?? 0, 3_600_000);
    else
      notes.drop(
        directive,
        `${key} has no counterpart${key === 'resolve' ? ': names are always resolved' : ''}`,
      );
  }
  return { directive, host: address, fields, fails, slowStartMs };
}

/** One setting holds for a pool, so servers that differ get the most patient of theirs. */
function ejectionOf(block: Directive, fails: readonly Fails[], notes: Notes): Json {
  const most = (values: (number | undefined)[]) => {
    const given = values.filter((value) => value !== undefined);
    if (new Set(values).size > 1 && given.length > 0)
      notes.differ(
        block,
        'max_fails and fail_timeout hold for a pool; its servers differ, so the largest are taken',
      );
    return given.length > 0 ? Math.max(...given) : undefined;
  };
  const failures = most(fails.map((one) => one.failures));
  const timeoutMs = most(fails.map((one) => one.timeoutMs));
  const baseMs = timeoutMs === undefined ? undefined : Math.min(Math.max(timeoutMs, 100), 3_600_000);
  return {
    ...(failures === undefined ? {} : { failures: Math.min(failures, NEVER) }),
    ...(failures === NEVER ? { failurePercent: 0, stallMs: 0 } : {}),
    ...(baseMs === undefined
      ? {}
      : { windowMs: baseMs, baseMs, ...(baseMs > 300_000 ? { maxMs: Math.min(baseMs, DAY_MS) } : {}) }),
  };
}

const POLICIES = new Set(['ip_hash', 'hash', 'least_conn', 'random', 'least_time', 'round_robin']);

function readPolicy(directive: Directive, notes: Notes): Json | null {
  const [first = '', ...rest] = directive.args;
  switch (directive.name) {
    case 'least_conn':
      return { policy: 'least-request' };
    case 'random':
      return { policy: first === 'two' ? 'least-request' : 'random' };
    case 'ip_hash':
      notes.differ(directive, 'the whole IPv4 address counts, not its first three numbers; IPv6 by /64');
      return { policy: 'hash', hashKey: 'ip' };
    case 'hash': {
      const hashKey = hashKeyOf(first);
      if (hashKey === null) {
        notes.drop(directive, 'a hash key is the client’s address, the path, one header or one cookie');
        return null;
      }
      if (first === '$request_uri') notes.differ(directive, 'the path counts without its query');
      if (!rest.includes('consistent'))
        notes.differ(directive, 'hashing is always consistent here: keys go to other servers than before');
      return { policy: 'hash', hashKey };
    }
    case 'least_time':
      notes.drop(directive, 'no policy goes by response times');
      return null;
    default:
      return null;
  }
}

function hashKeyOf(variable: string): string | null {
  if (/^\$(binary_)?remote_addr$/.test(variable)) return 'ip';
  if (variable === '$request_uri' || variable === '$uri') return 'path';
  const [, kind, name = ''] = /^\$(cookie|http)_(\w+)$/.exec(variable) ?? [];
  if (kind === 'cookie') return `cookie:${name}`;
  return kind === 'http' ? `header:${name.replaceAll('_', '-')}` : null;
}

function readSticky(directive: Directive, notes: Notes): Json {
  const [kind, name = '', ...options] = directive.args;
  if (kind !== 'cookie') {
    notes.drop(directive, 'sticky sessions are by a cookie of our own, or by address');
    return {};
  }
  const cookie: Json = { name };
  for (const option of options) {
    const [key = '', value = ''] = option.toLowerCase().split('=');
    if (key === 'expires') {
      const ms = value === 'max' ? 31_536_000_000 : (readTime(value) ?? 3_600_000);
      cookie.ttlSeconds = Math.min(Math.max(Math.round(ms / 1_000), 60), 31_536_000);
    } else if (key === 'samesite') cookie.sameSite = value.charAt(0).toUpperCase() + value.slice(1);
    else if (key !== 'httponly' && key !== 'path' && key !== 'secure')
      notes.drop(directive, `${key} of a sticky cookie has no counterpart`);
  }
  notes.differ(directive, 'needs the secret AFFINITY_SECRET; sessions that nginx began are not known');
  return { affinity: 'cookie', affinityCookie: cookie };
}

/** The pool's document for one scheme and path prefix. */
export function poolOf(upstream: Upstream, id: string, scheme: string, path: string, notes: Notes): Json {
  const names = new Map<string, number>();
  const backends = upstream.servers.map(({ directive, host, fields }) => {
    const url = `${scheme}://${/:\d+$/.test(host) ? host : `${host}:80`}${path}`.replace(
      /^(http:\/\/.*?):80(?=\/|$)/,
      '$1',
    );
    const problem = backendUrlProblem(url, { allowPrivate: false, adminHosts: new Set() });
    if (problem) notes.differ(directive, `as a backend in production its URL ${problem}`);
    return { id: uniqueId(host, names), url, ...fields };
  });
  const { policy, ejection, slowStartMs } = upstream;
  return {
    id,
    ...policy,
    backends,
    ...(Object.keys(ejection).length > 0 ? { ejection } : {}),
    ...(slowStartMs > 0 ? { slowStartMs } : {}),
  };
}

/** An id made of a text, and of a number where another has it. */
export function uniqueId(text: string, taken: Map<string, number>): string {
  const id =
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 55) || 'x';
  const count = (taken.get(id) ?? 0) + 1;
  taken.set(id, count);
  return count === 1 ? id : uniqueId(`${id}-${count}`, taken);
}
