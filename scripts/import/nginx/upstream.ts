/** From an `upstream` block, or the address of a `proxy_pass`, to a pool without its settings of time and retry. No I/O. */
import type { Json } from '../draft.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse.ts';
import { readTime } from './variables.ts';

/** An upstream as its block describes it. */
export interface Upstream {
  readonly name: string;
  readonly source: Directive;
  readonly servers: readonly Server[];
  readonly policy: Json;
  readonly ejection: Json;
  readonly slowStartMs: number;
  /** `sticky cookie`, `ip_hash`: affinity of the routes that lead here. */
  readonly affinity: Json;
}

export interface Server {
  readonly directive: Directive;
  /** With a port, or without. */
  readonly host: string;
  readonly fields: Json;
}

interface Options {
  failures?: number;
  timeoutMs?: number;
  slowStartMs: number;
}

/** As many failures in a row as a pool can ask for: `max_fails=0` ejects never. */
const NEVER = 1_000;
const DAY_MS = 86_400_000;
const LONGEST_MS = 3_600_000;
/** nginx's defaults. */
const MAX_FAILS = 1;
const FAIL_TIMEOUT_MS = 10_000;
const LARGEST_WEIGHT = 1_000;

/** Reads one block. */
export function readUpstream(block: Directive, report: Report): Upstream {
  const read: (Server & { options: Options })[] = [];
  let policy: Json = {};
  let affinity: Json = {};
  for (const directive of block.block ?? []) {
    if (directive.name === 'server') {
      const server = readServer(directive, report);
      if (server) read.push(server);
    } else if (directive.name === 'sticky') affinity = readSticky(directive, report);
    else if (POLICIES.has(directive.name)) policy = readPolicy(directive, report);
    else if (NOTHING_TO_DO.has(directive.name))
      report.note(directive, 'nothing', 'the platform keeps connections and resolves names');
    else report.note(directive, 'changed', 'left out: pools have no such setting');
  }
  return {
    name: block.args[0] ?? '',
    source: block,
    servers: scaleWeights(read, block, report),
    policy,
    affinity,
    slowStartMs: Math.max(0, ...read.map(({ options }) => options.slowStartMs)),
    ejection: ejectionOf(
      read.map(({ options }) => options),
      block,
      report,
    ),
  };
}

/** The upstream of a `proxy_pass` to a fixed address. nginx never takes its only server out. */
export function upstreamOf(name: string, source: Directive, scheme: string): Upstream {
  const host = hasPort(name) ? name : `${name}:${scheme === 'https' ? 443 : 80}`;
  const ejection = ejectionOf([{ slowStartMs: 0 }], source, null);
  return {
    name,
    source,
    servers: [{ directive: source, host, fields: {} }],
    policy: {},
    affinity: {},
    slowStartMs: 0,
    ejection,
  };
}

const NOTHING_TO_DO = new Set([
  'keepalive',
  'keepalive_timeout',
  'keepalive_requests',
  'keepalive_time',
  'zone',
  'resolver',
  'resolver_timeout',
  'ntlm',
  'state',
]);
const POLICIES = new Set(['ip_hash', 'hash', 'least_conn', 'random', 'least_time', 'round_robin', 'fair']);

/** Whether an address ends with a port; the colons of an IPv6 address are none. */
const hasPort = (host: string): boolean => /^(\[[^\]]*\]|[^:[\]]+):\d+$/.test(host);

/** The URL of a server. nginx takes port 80 for a server of an upstream, also with https. */
export function urlOf(scheme: string, host: string): string {
  const whole = hasPort(host) ? host : `${host}:80`;
  const usual = scheme === 'https' ? ':443' : ':80';
  return `${scheme}://${whole.endsWith(usual) ? whole.slice(0, -usual.length) : whole}`;
}

function readServer(directive: Directive, report: Report): (Server & { options: Options }) | null {
  const [address = '', ...words] = directive.args;
  if (address.startsWith('unix:')) {
    report.lose(directive, 'elsewhere', 'left out: Workers reach backends by network only');
    return null;
  }
  const fields: Json = {};
  const options: Options = { slowStartMs: 0 };
  for (const word of words) {
    const [key = '', value] = word.split(/=(.*)/) as [string, string?];
    if (key === 'weight') fields.weight = readNumber(value, 1, directive, report);
    else if (key === 'backup') fields.tier = 1;
    else if (key === 'down') fields.state = 'disabled';
    else if (key === 'drain') fields.state = 'draining';
    else if (key === 'max_fails') options.failures = readNumber(value, MAX_FAILS, directive, report) || NEVER;
    else if (key === 'fail_timeout') options.timeoutMs = readTime(value) ?? FAIL_TIMEOUT_MS;
    else if (key === 'slow_start') options.slowStartMs = Math.min(readTime(value) ?? 0, LONGEST_MS);
    else if (key === 'resolve') report.note(directive, 'nothing', 'names are always resolved');
    else report.note(directive, 'changed', `${key} is left out: backends have no such setting`);
  }
  return { directive, host: address, fields, options };
}

function readNumber(
  text: string | undefined,
  otherwise: number,
  directive: Directive,
  report: Report,
): number {
  if (text !== undefined && /^\d+$/.test(text)) return Number(text);
  report.lose(directive, 'changed', `${text ?? ''} is no number; ${otherwise} is taken`);
  return otherwise;
}

/** Weights within the limit of a pool, in their proportions. */
function scaleWeights(servers: readonly Server[], block: Directive, report: Report): Server[] {
  const weights = servers.map(({ fields }) => Number(fields.weight ?? 1));
  const largest = Math.max(...weights);
  if (largest <= LARGEST_WEIGHT) return [...servers];
  const divisor = weights.reduce(greatestDivisor);
  const scaled = weights.map((weight) => Math.max(1, Math.round((weight * LARGEST_WEIGHT) / largest)));
  const exact = weights.map((weight) => weight / divisor);
  const isExact = Math.max(...exact) <= LARGEST_WEIGHT;
  if (!isExact) report.note(block, 'changed', `weights are scaled to at most ${LARGEST_WEIGHT} and rounded`);
  return servers.map((server, i) => ({
    ...server,
    fields: { ...server.fields, weight: (isExact ? exact : scaled)[i] },
  }));
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** nginx's rules of failure. They hold for a pool, so servers that differ get the most patient of theirs. */
function ejectionOf(servers: readonly Options[], block: Directive, report: Report | null): Json {
  const most = (values: readonly number[], what: string) => {
    if (new Set(values).size > 1)
      report?.note(
        block,
        'changed',
        `${what} holds for a pool; its servers differ, and the largest is taken`,
      );
    return Math.max(...values);
  };
  const failures = most(
    servers.map((one) => one.failures ?? MAX_FAILS),
    'max_fails',
  );
  const timeoutMs = most(
    servers.map((one) => one.timeoutMs ?? FAIL_TIMEOUT_MS),
    'fail_timeout',
  );
  const lengthMs = Math.min(Math.max(timeoutMs, 100), LONGEST_MS);
  return {
    failures: Math.min(Math.max(failures, 1), NEVER),
    failurePercent: 0,
    stallMs: 0,
    windowMs: lengthMs,
    baseMs: lengthMs,
    maxMs: Math.min(lengthMs, DAY_MS),
  };
}

function readPolicy(directive: Directive, report: Report): Json {
  const [first = '', ...rest] = directive.args;
  switch (directive.name) {
    case 'least_conn':
      return { policy: 'least-request' };
    case 'random':
      return { policy: first === 'two' ? 'least-request' : 'random' };
    case 'ip_hash':
      report.note(
        directive,
        'changed',
        'the whole IPv4 address counts, not its first three numbers; IPv6 by /64',
      );
      return { policy: 'hash', hashKey: 'ip' };
    case 'hash':
      return readHash(directive, first, rest, report);
    case 'round_robin':
      return {};
    default:
      report.note(directive, 'changed', 'pools have no such policy; round robin by weight holds');
      return {};
  }
}

function readHash(directive: Directive, key: string, options: readonly string[], report: Report): Json {
  const hashKey = hashKeyOf(key.replaceAll(/\$\{(\w+)\}/g, '$$$1'));
  if (hashKey === null) {
    const allowed = 'the client’s address, the path, one header or one cookie';
    report.note(
      directive,
      'changed',
      `${key} is no key of a hash here (${allowed}); round robin by weight holds`,
    );
    return {};
  }
  const differences = [
    ...(key === '$request_uri' ? ['the path counts without its query'] : []),
    ...(options.includes('consistent')
      ? []
      : ['hashing is always consistent: keys go to other servers than before']),
    ...(hashKey.startsWith('cookie:')
      ? [`the name of the cookie counts with its case: is it ${hashKey.slice(7)}?`]
      : []),
  ];
  for (const difference of differences) report.note(directive, 'changed', difference);
  return { policy: 'hash', hashKey };
}

function hashKeyOf(variable: string): string | null {
  if (/^\$(binary_)?remote_addr$/.test(variable)) return 'ip';
  if (variable === '$request_uri' || variable === '$uri') return 'path';
  const [, kind, name = ''] = /^\$(cookie|http)_(\w+)$/.exec(variable) ?? [];
  if (kind === 'cookie') return `cookie:${name}`;
  return kind === 'http' ? `header:${name.replaceAll('_', '-')}` : null;
}

const YEAR_MS = 31_536_000_000;

function readSticky(directive: Directive, report: Report): Json {
  const [kind, name = '', ...options] = directive.args;
  if (kind !== 'cookie') {
    report.note(directive, 'changed', 'left out: sessions stick by a cookie of our own, or by address');
    return {};
  }
  const cookie: Json = { name };
  for (const option of options) {
    const [key = '', value = ''] = option.toLowerCase().split('=');
    if (key === 'expires') {
      const ms = value === 'max' ? YEAR_MS : (readTime(value) ?? LONGEST_MS);
      cookie.ttlSeconds = Math.min(Math.max(Math.round(ms / 1_000), 60), YEAR_MS / 1_000);
    } else if (key === 'samesite') cookie.sameSite = value.charAt(0).toUpperCase() + value.slice(1);
    else if (key !== 'httponly' && key !== 'path' && key !== 'secure')
      report.note(directive, 'changed', `${key} of a sticky cookie is left out`);
  }
  report.note(
    directive,
    'changed',
    'needs the secret AFFINITY_SECRET; sessions that nginx began are not known',
  );
  return { affinity: 'cookie', affinityCookie: cookie };
}
