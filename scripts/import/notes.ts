/** What an import has to say of each directive that it could not carry over, or not quite. No I/O. */
import type { Directive } from './parse.ts';

export interface Note {
  readonly file: string;
  readonly line: number;
  /** The directive as it stands there. */
  readonly what: string;
  /** Whether it was carried over, but means something else here. */
  readonly differs: boolean;
  readonly why: string;
}

const EDGE = 'Cloudflare terminates the connection: TLS, protocols and listening are settings of the zone';
const STREAMS = 'bodies stream in both directions, always; nothing is kept in files';
const CONNECTIONS = 'connections to backends are kept and closed by the platform';
const CACHE = "Cloudflare's cache is set by cache rules of the zone";
const PROCESS = 'there is no process to set up';
const RULES = 'redirects, rewrites and header changes are rules of the zone, or the application’s';
const FILES = 'files are not served here, only backends';
const LIMITS = 'limits are rate limiting rules of the zone';
const GUARD = 'who may come in is decided by Cloudflare Access or WAF rules of the zone';
const LOGS = 'the request log is set by logSampleRate and the bindings';
const VARIABLES = 'variables of this kind do not exist here';

/** By the beginning of the name; the first that fits counts. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^(listen$|ssl_|http2|http3|quic|server_tokens|reset_timedout|keepalive_|lingering_|send_timeout|client_header)/,
    EDGE,
  ],
  [
    /^(user|worker_|pid|events|error_log|daemon|master_|load_module|env|pcre_|thread_pool|lock_file)/,
    PROCESS,
  ],
  [/^(access_log|log_|open_log)/, LOGS],
  [/^proxy_(buffer|request_buffering|max_temp|temp_|busy)/, STREAMS],
  [/^client_(body|max_body)/, 'the size of a body is limited by the plan of the zone'],
  [/^proxy_cache|^expires$|^etag$|^open_file|^fastcgi_cache/, CACHE],
  [/^proxy_ssl_/, 'backends are checked against public certificate authorities'],
  [
    /^proxy_(connect_timeout|send_timeout)$/,
    'one timeout holds from the start of an attempt to its response headers: timeoutMs',
  ],
  [/^proxy_(http_version|socket_|bind)|^(keepalive|zone|queue|resolver|state|ntlm)/, CONNECTIONS],
  [
    /^proxy_(redirect|cookie_|set_body|hide_|pass_|ignore_|intercept|method)|^(add_|more_|sub_|rewrite|return|error_page|if$|rewrite_|absolute_|port_in)/,
    RULES,
  ],
  [
    /^(root|alias|index|try_files|autoindex|default_type|types|include_types|sendfile|tcp_|directio|charset|aio|gzip|brotli|mime)/,
    FILES,
  ],
  [/^limit_/, LIMITS],
  [/^(auth_|allow|deny|satisfy|valid_referers|real_ip|set_real_ip)/, GUARD],
  [/^(map|geo|split_clients|set|perl|js_|lua|.*_by_lua)/, VARIABLES],
  [/^(fastcgi|uwsgi|scgi|grpc|memcached)_/, 'only HTTP backends are spoken to'],
  [/^(stream|mail)$/, 'only HTTP is balanced'],
  [/^(health_check|match)/, 'backends are judged by the traffic itself'],
  [/^(mirror|slice|auth|dav_|xslt|image_)/, 'there is no such feature'],
];

/** As in the file, cut where it gets long. */
function write({ name, args, block }: Directive): string {
  const text = [name, ...args].join(' ');
  return (text.length > 80 ? `${text.slice(0, 79)}…` : text) + (block ? ' { … }' : '');
}

/** Collects notes. */
export class Notes {
  readonly list: Note[] = [];

  /** Notes a directive that is not carried over. Without a reason, the note gives that of its kind. */
  drop(directive: Directive, why?: string): void {
    const known = REASONS.find(([pattern]) => pattern.test(directive.name))?.[1];
    this.#add(directive, false, why ?? known ?? 'this directive is not known here');
  }

  /** Carried over, with a difference. */
  differ(directive: Directive, why: string): void {
    this.#add(directive, true, why);
  }

  #add(directive: Directive, differs: boolean, why: string): void {
    const { file, line } = directive;
    const what = write(directive);
    // One location is looked at for each of its hosts; the report names it once.
    if (
      !this.list.some(
        (note) => note.file === file && note.line === line && note.what === what && note.why === why,
      )
    )
      this.list.push({ file, line, what, differs, why });
  }
}

/** nginx's times (`90`, `1m 30s`, `500ms`) in milliseconds; null for what is none. */
export function readTime(text: string | undefined): number | null {
  const units: Record<string, number> = {
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
  };
  if (text === undefined || !/^(\d+(ms|[smhdw])?\s*)+$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|[smhdw])?/g)];
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * units[unit]!, 0);
}
