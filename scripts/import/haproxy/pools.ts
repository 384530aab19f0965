/** From a HAProxy backend with its defaults to a pool. No I/O. */
import type { Draft, Json } from '../draft.ts';
import type { Report } from '../report.ts';
import { type Line, readTime, type Section } from './parse.ts';

/** In production the platform answers for a backend that cannot be reached, with these statuses. */
const UNREACHABLE = [521, 523, 525, 526, 530];
const LATE = [522, 524];
const ON: Readonly<Record<string, readonly (string | number)[]>> = {
  'conn-failure': ['connect-failure', ...UNREACHABLE],
  'empty-response': ['connect-failure', 520],
  'junk-response': ['connect-failure', 520],
  'response-timeout': ['timeout', ...LATE],
  '0rtt-rejected': [],
  'all-retryable-errors': ['connect-failure', 'timeout', 500, 502, 503, 504, 520, ...UNREACHABLE, ...LATE],
};
const NEVER = 1_000;
const LONGEST_MS = 3_600_000;
const ERROR_LIMIT = 10;

/** The settings of a section: its own lines, after those of its defaults. */
export type Settings = readonly Line[];

/** The last line that begins with these words. */
function last(settings: Settings, name: string, ...first: readonly string[]): Line | undefined {
  return settings.findLast((line) => line.name === name && first.every((word, i) => line.args[i] === word));
}

/** Whether an option is on. */
function hasOption(settings: Settings, name: string): Line | undefined {
  const line = last(settings, 'option', name);
  const isOff = settings.some((one) => one.name === 'no' && one.args[0] === 'option' && one.args[1] === name);
  return isOff ? undefined : line;
}

/** A pool and what it asks of routes. */
export interface MadePool {
  readonly id: string;
  readonly affinity: Json;
}

/** Adds the pool of a backend; null when it has no server. */
export function makePool(
  section: Section,
  settings: Settings,
  draft: Draft,
  report: Report,
): MadePool | null {
  const lines = section.lines.filter(({ name }) => name === 'server' || name === 'server-template');
  const servers = lines.flatMap((line) => readServer(line, settings, report) ?? []);
  if (servers.length === 0) return null;
  const timeoutMs = timeoutOf(settings, section, report);
  const document = {
    ...policyOf(settings, report),
    timeoutMs,
    retry: retryOf(settings, servers.length, report),
    ejection: ejectionOf(lines, settings, report),
    whenUnavailable: 'reject',
    ...slowStart(lines, settings),
    ...checkOf(lines, settings, report),
  };
  noteRest(section.lines, report);
  const backends = servers.map(({ name, url, fields }) => ({ name, url, ...fields }));
  const id = draft.addPool(section.args[0] ?? 'x', document, backends, {
    source: section,
    servers: servers.map(({ line }) => line),
  });
  return { id, affinity: affinityOf(settings, report) };
}

/** The options of a server: key and value, or a word by itself. */
function optionsOf(line: Line, settings: Settings): Map<string, string> {
  const defaults = settings.filter(({ name }) => name === 'default-server').flatMap(({ args }) => args);
  const own = line.args.slice(line.name === 'server-template' ? 3 : 2);
  const options = new Map<string, string>();
  for (const words of [defaults, own])
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      if (FLAGS.has(word)) options.set(word, '');
      else options.set(word, words[++at] ?? '');
    }
  return options;
}

const FLAGS = new Set(
  (
    'agent-check allow-0rtt backup check check-send-proxy check-ssl check-via-socks4 disabled enabled force-sslv3 force-tlsv10 ' +
    'force-tlsv11 force-tlsv12 force-tlsv13 no-agent-check no-backup no-check no-check-ssl no-send-proxy no-send-proxy-v2 no-ssl ' +
    'no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 no-verifyhost non-stick send-proxy send-proxy-v2 send-proxy-v2-ssl ' +
    'send-proxy-v2-ssl-cn ssl ssl-reuse no-ssl-reuse stick tfo no-tfo tls-tickets no-tls-tickets'
  ).split(' '),
);

/** Options that change nothing here. */
const SILENT =
  /^(check|inter|fastinter|downinter|fall|rise|port|addr|id|init-addr|resolvers|resolve-.*|sni|check-sni|alpn|check-alpn|cookie|ssl|verify|verifyhost|ca-file|crt|crl-file|ciphers|ciphersuites|ssl-.*|no-ssl.*|force-.*|no-tls.*|tls-tickets|check-ssl|pool-.*|stick|non-stick|enabled|track|namespace|source|usesrc|maxqueue|minconn|proto|check-proto|tcp-ut|tfo|no-check|agent-.*|slowstart|observe|error-limit|on-error|on-marked-.*|shard|ws|guid|weight|backup|disabled|allow-0rtt|curves|sigalgs|log-.*|hash-key|redir|max-reuse)$/;

function readServer(
  line: Line,
  settings: Settings,
  report: Report,
): { name: string; url: string; fields: Json; line: Line } | null {
  const isTemplate = line.name === 'server-template';
  const [name = '', address = ''] = isTemplate ? [line.args[0], line.args[2]] : line.args;
  if (isTemplate) report.note(line, 'changed', 'one backend stands for all servers of its name');
  if (/^(unix@|abns@|\/|fd@|ipv4@$)|\$/.test(address)) {
    report.lose(line, 'elsewhere', 'left out: Workers reach backends by network only, at a fixed address');
    return null;
  }
  const options = optionsOf(line, settings);
  const fields: Json = {};
  const weight = options.get('weight');
  if (weight !== undefined && /^\d+$/.test(weight)) fields.weight = Number(weight);
  else if (weight !== undefined) report.lose(line, 'changed', `${weight} is no weight; 1 is taken`);
  if (options.has('backup')) fields.tier = 1;
  if (options.has('disabled')) fields.state = 'disabled';
  const isTls = options.has('ssl');
  if (isTls && options.get('verify') !== 'required')
    report.note(line, 'changed', 'certificates of backends are verified here, so self-signed ones fail');
  for (const key of options.keys())
    if (key.startsWith('send-proxy'))
      report.lose(line, 'changed', `${key} is left out: backends get plain HTTP`);
    else if (!SILENT.test(key))
      report.note(line, 'changed', `${key} is left out: backends have no such setting`);
  return { name, url: urlOf(address.replace(/^ipv[46]@/, ''), isTls), fields, line };
}

function urlOf(address: string, isTls: boolean): string {
  const [, host = address, port] = /^(.*?):(\d+)$/.exec(address) ?? [];
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const isUsual = port === undefined || port === (isTls ? '443' : '80');
  return `${isTls ? 'https' : 'http'}://${name}${isUsual ? '' : `:${port}`}`;
}

function timeoutOf(settings: Settings, section: Section, report: Report): number {
  const line = last(settings, 'timeout', 'server') ?? last(settings, 'srvtimeout');
  const given = readTime(line?.args.at(-1));
  if (line && given !== null && given > 0) {
    if (given > LONGEST_MS) report.note(line, 'changed', 'an hour is the most');
    return Math.min(Math.max(Math.round(given), 1), LONGEST_MS);
  }
  report.note(line ?? section, 'changed', 'without a timeout HAProxy waits for ever; here it is an hour');
  return LONGEST_MS;
}

/** Only `option redispatch` asks another server, and only at the last retry. */
function retryOf(settings: Settings, servers: number, report: Report): Json {
  const retries = Number(last(settings, 'retries')?.args[0] ?? 3);
  const redispatch = hasOption(settings, 'redispatch');
  const maxRetries = redispatch && retries > 0 && servers > 1 ? 1 : 0;
  if (!redispatch && retries > 0 && servers > 1)
    report.note(
      settings.find(({ name }) => name === 'retries') ?? settings[0]!,
      'changed',
      'a failed request is not sent to the same server again; option redispatch would ask another one',
    );
  const words = last(settings, 'retry-on')?.args ?? ['conn-failure'];
  const on = words.includes('none')
    ? []
    : words.flatMap((word) => ON[word] ?? (/^\d{3}$/.test(word) ? [Number(word)] : []));
  return { maxRetries, on: [...new Set(on)], budgetPercent: 100 };
}

/** HAProxy takes servers out by checks; by traffic only where it observes it. */
function ejectionOf(lines: readonly Line[], settings: Settings, report: Report): Json {
  const observed = lines.map((line) => optionsOf(line, settings)).find((options) => options.has('observe'));
  const statuses = [...UNREACHABLE, ...LATE];
  if (!observed) return { failures: NEVER, failurePercent: 0, stallMs: 0, failureStatuses: statuses };
  const failures = Number(observed.get('error-limit') ?? ERROR_LIMIT);
  const isHttp = observed.get('observe') === 'layer7';
  report.note(
    lines[0]!,
    'changed',
    'a server that was taken out comes back by a request that succeeds, not by a check alone',
  );
  return {
    failures: Math.min(Math.max(failures, 1), NEVER),
    failurePercent: 0,
    stallMs: 0,
    failureStatuses: isHttp ? [500, 502, 503, 504, ...statuses] : statuses,
  };
}

function slowStart(lines: readonly Line[], settings: Settings): Json {
  const times = lines.map((line) => readTime(optionsOf(line, settings).get('slowstart')) ?? 0);
  const longest = Math.min(Math.max(0, ...times), LONGEST_MS);
  return longest > 0 ? { slowStartMs: longest } : {};
}

function policyOf(settings: Settings, report: Report): Json {
  const line = last(settings, 'balance');
  const [algorithm = 'roundrobin', argument = ''] = line?.args ?? [];
  const [, header] = /^hdr\(([^)]+)\)$/.exec(algorithm) ?? [];
  if (/^(roundrobin|static-rr)$/.test(algorithm)) return {};
  if (/^leastconn$/.test(algorithm) || /^random/.test(algorithm)) return { policy: 'least-request' };
  if (algorithm === 'source') return hash(line!, 'ip', report);
  if (algorithm === 'uri') return hash(line!, 'path', report);
  if (header && header.toLowerCase() !== 'host') return hash(line!, `header:${header.toLowerCase()}`, report);
  if (algorithm === 'hash' && /^src/.test(argument)) return hash(line!, 'ip', report);
  if (line) report.note(line, 'changed', 'pools have no such policy; round robin by weight holds');
  return {};
}

function hash(line: Line, hashKey: string, report: Report): Json {
  report.note(line, 'changed', 'hashing is always consistent: keys go to other servers than before');
  return { policy: 'hash', hashKey };
}

/** `cookie … insert`, `stick on src`. */
function affinityOf(settings: Settings, report: Report): Json {
  const stick = settings.find(({ name, args }) => name === 'stick' && /^(on|match)$/.test(args[0] ?? ''));
  const line = last(settings, 'cookie');
  if (line) {
    const [name = '', ...options] = line.args;
    if (!options.includes('insert')) {
      report.note(
        line,
        'changed',
        'left out: affinity inserts a cookie of its own; "affinity": "cookie" would',
      );
      return {};
    }
    const life = readTime(options[options.indexOf('maxlife') + 1], 1_000);
    const isLimited = options.includes('maxlife') && life !== null;
    report.note(
      line,
      'changed',
      'needs the secret AFFINITY_SECRET; sessions that HAProxy began are not known, and the cookie lasts 23 hours unless maxlife says otherwise',
    );
    const cookie = { name, ...(isLimited ? { ttlSeconds: Math.max(60, Math.round(life / 1_000)) } : {}) };
    return { affinity: 'cookie', affinityCookie: cookie };
  }
  if (!stick) return {};
  if (stick.args[1] === 'src') return { affinity: 'ip' };
  report.note(stick, 'changed', 'left out: clients stick by cookie or address only');
  return {};
}

const SHORTEST_INTERVAL_MS = 5_000;
const INTERVAL_MS = 2_000;
const LONGEST_CHECK_MS = 60_000;

/** Active checks, from `option httpchk` and the servers' `check`. */
function checkOf(lines: readonly Line[], settings: Settings, report: Report): Json {
  const checked = lines.map((line) => optionsOf(line, settings)).find((options) => options.has('check'));
  const http = hasOption(settings, 'httpchk');
  if (!checked) return {};
  const intervalMs = intervalOf(checked, lines[0]!, report);
  const counts = {
    intervalMs,
    unhealthyAfter: Number(checked.get('fall') ?? 3),
    healthyAfter: Number(checked.get('rise') ?? 2),
  };
  if (!http) {
    report.note(
      lines[0]!,
      'changed',
      'checks are by HTTP: any response to GET / is well, where HAProxy only opens a connection',
    );
    return { healthCheck: { ...counts, expectedStatuses: ANY_ANSWER } };
  }
  const send = last(settings, 'http-check', 'send')?.args ?? [];
  const value = (key: string) => (send.includes(key) ? send[send.indexOf(key) + 1] : undefined);
  const words = http.args.slice(1);
  const [first = '', second] = words;
  const method = value('meth') ?? (second === undefined ? 'OPTIONS' : first);
  const path = value('uri') ?? second ?? (first.startsWith('/') ? first : '/');
  const expect = last(settings, 'http-check', 'expect')?.args.slice(1) ?? [];
  const expected = expectationOf(expect, http, report);
  // A HEAD has no body to look at.
  const usable = method === 'HEAD' && !('expectedBody' in expected) ? 'HEAD' : 'GET';
  if (usable !== method) report.note(http, 'changed', `checks are by GET, not by ${method}`);
  const headers = headersOf(send);
  const timeout = readTime(last(settings, 'timeout', 'check')?.args[1]);
  return {
    healthCheck: {
      path: path.startsWith('/') ? path : '/',
      method: usable,
      ...headers,
      ...counts,
      ...(timeout === null
        ? {}
        : { timeoutMs: Math.min(Math.max(Math.round(timeout), 1), LONGEST_CHECK_MS) }),
      ...expected,
    },
  };
}

/** Every status but those by which the platform says that a backend cannot be reached. */
const ANY_ANSWER = ['2xx', '3xx', '4xx', '500', '501', '502', '503', '504', '505'];

function intervalOf(checked: ReadonlyMap<string, string>, source: Line, report: Report): number {
  const interval = readTime(checked.get('inter')) ?? INTERVAL_MS;
  if (interval < SHORTEST_INTERVAL_MS)
    report.note(source, 'changed', `checks come every ${SHORTEST_INTERVAL_MS / 1_000} s, no more often`);
  return Math.min(Math.max(Math.round(interval), SHORTEST_INTERVAL_MS), LONGEST_MS);
}

/** `http-check send … hdr NAME VALUE`. */
function headersOf(send: readonly string[]): Json {
  const headers: Record<string, string> = {};
  let host: string | undefined;
  for (const [i, word] of send.entries()) {
    if (word !== 'hdr') continue;
    const [name = '', value = ''] = send.slice(i + 1);
    if (name.toLowerCase() === 'host') host = value;
    else headers[name.toLowerCase()] = value;
  }
  return { ...(host ? { host } : {}), ...(Object.keys(headers).length > 0 ? { headers } : {}) };
}

function expectationOf(expect: readonly string[], source: Line, report: Report): Json {
  const words = expect.filter(
    (word) => !/^(min-recv|comment|ok-status|error-status|tout-status)$/.test(word),
  );
  const [kind, value = ''] = words;
  const usual = { expectedStatuses: ['2xx', '3xx'] };
  if (kind === undefined) return usual;
  if (kind === 'status') {
    const statuses = value.split(',').flatMap((part) => {
      const [, from, to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(part) ?? [];
      if (from === undefined) return [];
      return from.endsWith('00') && to!.endsWith('99')
        ? range(Number(from[0]), Number(to![0])).map((one) => `${one}xx`)
        : range(Number(from), Number(to)).map(String);
    });
    if (statuses.length > 0 && statuses.length <= 64) return { expectedStatuses: statuses };
  }
  if (kind === 'rstatus' && /^\^?\[?[\d]+\]?(\.\.|\[0-9\]\[0-9\]|\\d\\d)/.test(value))
    return { expectedStatuses: [...(/\d+/.exec(value)?.[0] ?? '2')].map((one) => `${one}xx`) };
  if (kind === 'string') return { ...usual, expectedBody: value };
  report.note(source, 'changed', 'what its check expects is left out: 2xx and 3xx are well');
  return usual;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

const READ =
  /^(server|server-template|default-server|balance|cookie|retries|retry-on|http-request|http-response|redirect|use_backend|default_backend|acl|bind|http-check|stick|mode|description|id|guid)$/;
const SILENT_LINES =
  /^(log|log-format|log-tag|no|maxconn|fullconn|hash-type|stick-table|compression|errorfile|errorfiles|errorloc.*|http-error|http-reuse|monitor-uri|monitor|unique-id-.*|capture|backlog|disabled|enabled|dispatch|email-alert|load-server-state-from-file|source|stats|tcp-request|tcp-response|tcp-check|external-check|filter|declare|clitimeout|contimeout|srvtimeout|max-keep-alive-queue|option|timeout|rate-limit|persist|force-persist|ignore-persist|bind-process|process|use-server|use-fcgi-app|http-send-name-header|transparent|grace|http-after-response)$/;

/** Says of the other lines of a section what becomes of them. */
export function noteRest(lines: readonly Line[], report: Report): void {
  for (const line of lines) {
    const { name, args } = line;
    if (READ.test(name)) continue;
    const text = [name, args[0]].join(' ');
    const known = NOTES.find(([pattern]) => pattern.test(text));
    if (known) report.note(line, known[1], known[2]);
    else if (SILENT_LINES.test(name)) report.note(line, 'nothing', 'a matter of HAProxy itself');
    else report.lose(line, 'changed', 'left out: this line is not known here; what does it do?');
  }
}

const NOTES: readonly (readonly [RegExp, 'changed' | 'cloudflare' | 'nothing', string])[] = [
  [/^(option forwardfor|option originalto)/, 'nothing', 'X-Forwarded-For is always the client’s address'],
  [
    /^timeout (connect|queue)/,
    'changed',
    'left out: one time holds from the start of an attempt to its response headers (timeoutMs)',
  ],
  [
    /^stick-table|^tcp-request/,
    'cloudflare',
    'Rate Limiting Rules: limits for clients, and connections that are refused',
  ],
  [/^(errorfile|errorloc|http-error)/, 'cloudflare', 'Custom Errors: pages for errors'],
  [
    /^(use-server|force-persist|ignore-persist|use-fcgi-app|dispatch|external-check|tcp-check|http-after-response|http-send-name-header|rate-limit|filter|email-alert)/,
    'changed',
    'left out: pools and routes have no such setting',
  ],
  [
    /^(option allbackups|option external-check|option pgsql-check|option mysql-check|option redis-check|option ldap-check|option smtpchk|option ssl-hello-chk|option tcp-check)/,
    'changed',
    'left out: pools have no such setting',
  ],
  [/^monitor-uri/, 'changed', 'left out: its path goes to a backend'],
  [/^stats/, 'nothing', 'the dashboard shows the state'],
];
