/** What holds in a location for the way to a backend: times, retries, headers, body sizes; nginx's own defaults included. No I/O. */
import { requestEdits, responseEdits } from '../../../worker/config/route-parts.ts';
import type { Json } from '../draft.ts';
import type { Report } from '../report.ts';
import { inherited, type Scope, setting } from './locations.ts';
import type { Directive } from './parse.ts';
import { readSize, readText, readTime } from './variables.ts';

/** In production the platform answers for a backend that cannot be reached, with these statuses. */
const ON: Readonly<Record<string, readonly (string | number)[]>> = {
  error: ['connect-failure', 521, 523, 525, 526, 530],
  timeout: ['timeout', 522, 524],
  invalid_header: ['connect-failure', 520],
};
/** Failures that nginx counts whatever the file says; 403 and 404 it never counts. */
const ALWAYS_COUNTED = [521, 522, 523, 524, 525, 526, 530];
const NEVER_COUNTED = [403, 404];
const MOST_RETRIES = 10;
const MOST_MS = 3_600_000;
const READ_TIMEOUT_MS = 60_000;
const BODY_BYTES = 1_048_576;

/** The keys of a pool, or of a route that differs from it, that say how long to wait and when to go on. */
export interface Patience {
  readonly timeoutMs: number;
  readonly retry: Json;
  readonly failureStatuses: readonly number[];
}

/** `servers`: how many the upstream has. */
export function patienceOf(scope: Scope, servers: number, report: Report): Patience {
  const next = setting(scope, 'proxy_next_upstream');
  const words = next?.args ?? ['error', 'timeout'];
  const statuses = words.filter((word) => word.startsWith('http_')).map((word) => Number(word.slice(5)));
  const on = words.flatMap((word) => ON[word] ?? []);
  return {
    timeoutMs: readTimeout(scope, report),
    retry: {
      maxRetries: words.includes('off') ? 0 : readTries(scope, servers, report),
      on: [...new Set([...on, ...statuses])],
      nonIdempotent: words.includes('non_idempotent'),
      budgetPercent: 100,
      ...(servers > 1 ? { bodyLimitBytes: BODY_BYTES } : {}),
    },
    failureStatuses: [
      ...new Set([...statuses.filter((one) => !NEVER_COUNTED.includes(one)), ...ALWAYS_COUNTED]),
    ],
  };
}

function readTimeout(scope: Scope, report: Report): number {
  const read = setting(scope, 'proxy_read_timeout');
  if (!read) return READ_TIMEOUT_MS;
  const given = readTime(read.args[0]);
  if (given === null) {
    report.lose(read, 'changed', 'it is no time; nginx’s 60 s is taken');
    return READ_TIMEOUT_MS;
  }
  const most = given > MOST_MS ? `; an hour is the most, ${read.args[0]} is cut to it` : '';
  report.note(
    read,
    most ? 'changed' : 'nothing',
    `holds until the response headers; a body that has begun is never cut${most}`,
  );
  return Math.min(Math.max(given, 1), MOST_MS);
}

function readTries(scope: Scope, servers: number, report: Report): number {
  const tries = setting(scope, 'proxy_next_upstream_tries');
  const others = Math.max(0, servers - 1);
  const count = tries ? Number(tries.args[0]) : 0;
  if (tries && !Number.isInteger(count)) {
    report.lose(tries, 'changed', 'it is no number; every server is tried');
    return Math.min(others, MOST_RETRIES);
  }
  const wanted = count === 0 ? others : count - 1;
  if (wanted > MOST_RETRIES && tries)
    report.note(tries, 'changed', `at most ${MOST_RETRIES} further servers are tried`);
  return Math.min(wanted, MOST_RETRIES);
}

/** The largest body of a request; null: any. */
export function bodyLimitOf(scope: Scope, report: Report): number | null {
  const limit = setting(scope, 'client_max_body_size');
  if (!limit) return BODY_BYTES;
  const bytes = readSize(limit.args[0]);
  if (bytes === null) report.lose(limit, 'changed', 'it is no size; nginx’s 1 MB is taken');
  if (bytes !== null && bytes > BODY_BYTES * 100)
    report.note(limit, 'changed', 'the plan of the zone may allow less: 100 MB for Free and Pro');
  return bytes === 0 ? null : (bytes ?? BODY_BYTES);
}

/** Headers that backends get although no directive says so. */
const SENT_ANYWAY: Readonly<Record<string, RegExp>> = {
  'x-real-ip': /^\$(remote_addr|realip_remote_addr|http_cf_connecting_ip|http_x_real_ip)$/,
  'x-forwarded-for': /^\$(remote_addr|proxy_add_x_forwarded_for|http_x_forwarded_for|http_cf_connecting_ip)$/,
  'x-forwarded-proto': /^\$(scheme|http_x_forwarded_proto|\w*proto\w*|\w*scheme\w*)$/,
  'x-forwarded-host': /^\$(host|http_host|server_name|http_x_forwarded_host)(:\$server_port)?$/,
  'x-request-id': /^\$(request_id|http_x_request_id|\w*request_id)$/,
};
const CONNECTION =
  /^(connection|upgrade|te|transfer-encoding|keep-alive|content-length|proxy|proxy-connection)$/;
/** What the client says here is needed for the response, and is no danger. */
const OWN_WORDS = /^(range|if-.*|accept|accept-.*|user-agent|referer|origin|content-type|cache-control)$/;

/** Whether a route may set or take off this header of a request or of a response. */
const isAllowed = (edits: typeof requestEdits, name: string, value = 'x'): boolean =>
  edits.safeParse({ set: { [name]: value } }).success;

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the product's variables
const VALUES: Readonly<Record<string, string>> = {
  remote_addr: '${client.ip}',
  host: '${request.host}',
  http_host: '${request.host}',
  request_id: '${request.id}',
  geoip_country_code: '${client.country}',
  geoip2_data_country_code: '${client.country}',
  http_cf_ipcountry: '${client.country}',
  http_cf_connecting_ip: '${client.ip}',
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the product's variables

/** `value` with the product's variables; null when it holds others. `known`: what the file itself sets. */
function translate(value: string, known: ReadonlyMap<string, string>): string | null {
  const parts = readText(value).map((part) =>
    typeof part === 'string' ? part : (known.get(part.variable) ?? VALUES[part.variable] ?? null),
  );
  return parts.includes(null) ? null : parts.join('');
}

/** `requestHeaders` of a route; null without changes. */
export function requestHeadersOf(
  scope: Scope,
  known: ReadonlyMap<string, string>,
  report: Report,
): Json | null {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const directive of inherited(scope, 'proxy_set_header')) {
    const [name = '', value = ''] = directive.args;
    const lower = name.toLowerCase();
    const anyway = SENT_ANYWAY[lower];
    if (lower === 'host') noteHost(directive, value, report);
    else if (CONNECTION.test(lower)) report.note(directive, 'nothing', 'the platform sets it');
    else if (anyway)
      report.note(
        directive,
        anyway.test(value) ? 'nothing' : 'changed',
        `${name} is always what the platform knows of the client`,
      );
    else if (!isAllowed(requestEdits, name))
      report.note(directive, 'changed', `left out: ${name} cannot be set`);
    else if (value === '') remove.push(lower);
    else if (value !== `$http_${lower.replaceAll('-', '_')}`) {
      const translated = translate(value, known);
      if (translated !== null && isAllowed(requestEdits, name, translated)) set[name] = translated;
      else if (OWN_WORDS.test(lower))
        report.note(
          directive,
          'changed',
          `backends get the client’s own ${name}: its value is not known here`,
        );
      else {
        // What the client sends under this name must not pass for what nginx sent.
        remove.push(lower);
        report.note(
          directive,
          'changed',
          `backends do not get ${name}: its value is not known here; the client’s own is taken off`,
        );
      }
    }
  }
  if (Object.keys(set).length === 0 && remove.length === 0) return null;
  return { ...(Object.keys(set).length > 0 ? { set } : {}), ...(remove.length > 0 ? { remove } : {}) };
}

function noteHost(directive: Directive, value: string, report: Report): void {
  const text = /^\$(host|http_host|server_name)/.test(value)
    ? 'backends see their own host, and the client’s in X-Forwarded-Host; "host": "client" of a backend keeps it inside the own zone'
    : 'backends see the host of their URL: a Worker cannot set another';
  report.note(directive, 'changed', text);
}

interface Added {
  readonly name: string;
  readonly value: string;
  readonly isAlways: boolean;
  readonly directive: Directive;
}

/** The headers of `add_header`, one of each name; what cannot be added is reported. */
function addedHeaders(scope: Scope, known: ReadonlyMap<string, string>, report: Report): Added[] {
  const added = new Map<string, Added>();
  for (const directive of inherited(scope, 'add_header')) {
    const [name = '', given = '', always] = directive.args;
    if (given === '') continue;
    const value = translate(given, known);
    if (value === null) report.note(directive, 'changed', 'left out: its value is not known here');
    else if (!isAllowed(responseEdits, name, value))
      report.note(directive, 'changed', 'left out: a route cannot set this');
    else {
      if (added.has(name.toLowerCase()))
        report.note(directive, 'changed', `${name} is added once, with this value`);
      added.set(name.toLowerCase(), { name, value, isAlways: always === 'always', directive });
    }
  }
  return [...added.values()];
}

/** `responseHeaders` of a route; null without changes. */
export function responseHeadersOf(
  scope: Scope,
  known: ReadonlyMap<string, string>,
  report: Report,
): Json | null {
  const add: Record<string, string> = {};
  const remove: string[] = [];
  for (const { name, value, isAlways, directive } of addedHeaders(scope, known, report)) {
    add[name] = value;
    if (!isAlways) report.note(directive, 'changed', 'also on error responses; nginx leaves it off there');
  }
  for (const directive of inherited(scope, 'proxy_hide_header')) {
    const name = (directive.args[0] ?? '').toLowerCase();
    if (!isAllowed(responseEdits, name))
      report.note(directive, 'changed', `left out: ${name} cannot be taken off`);
    else remove.push(name);
  }
  if (Object.keys(add).length === 0 && remove.length === 0) return null;
  return { ...(Object.keys(add).length > 0 ? { add } : {}), ...(remove.length > 0 ? { remove } : {}) };
}

/** The statuses for which nginx adds headers without `always`. */
const ADDED_FOR = [200, 201, 204, 206, 301, 302, 303, 304, 307, 308];

/** The headers that a fixed response of this status gets. */
export function respondHeadersOf(
  scope: Scope,
  status: number,
  known: ReadonlyMap<string, string>,
  report: Report,
): Json {
  const headers: Record<string, string> = {};
  for (const { name, value, isAlways } of addedHeaders(scope, known, report))
    if ((isAlways || ADDED_FOR.includes(status)) && name.toLowerCase() !== 'content-type')
      headers[name] = value;
  return headers;
}

/** Whether redirects to the backend's own address are rewritten. */
export function rewritesLocation(scope: Scope, pass: Directive, report: Report): boolean {
  const own = inherited(scope, 'proxy_redirect');
  const isOff = own.some(({ args }) => args[0] === 'off');
  if (isOff) return false;
  for (const directive of own)
    if (directive.args[0] !== 'default' && !(pass.args[0] ?? '').startsWith(directive.args[0] ?? ''))
      report.note(
        directive,
        'changed',
        'left out: only redirects to the backend’s own address are rewritten',
      );
  return true;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  gif: 'image/gif',
  jpg: 'image/jpeg',
};

/** The type that nginx gives a fixed body: by the extension of the path, else `default_type`. */
export function typeOf(scope: Scope, path: string): string {
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const types = inherited(scope, 'types').flatMap(({ block }) => block ?? []);
  const declared = types.find(({ args }) => args.includes(extension))?.name;
  const usual = types.length > 0 ? undefined : TYPES[extension];
  return declared ?? usual ?? setting(scope, 'default_type')?.args[0] ?? 'text/plain';
}
