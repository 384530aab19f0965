/** What the report says of directives that no route is made of, by the beginnings of their names. No I/O. */
import type { Kind, Report } from '../report.ts';
import type { Directive } from './parse.ts';

/** Directives that the conversion itself reads, and reports where they differ. */
const READ = new Set(
  (
    'http server location upstream include server_name return rewrite set if break allow deny satisfy internal limit_except ' +
    'auth_basic auth_basic_user_file auth_request auth_jwt auth_digest auth_ldap auth_pam auth_gss auth_spnego auth_oidc ' +
    'try_files error_page proxy_pass proxy_set_header add_header proxy_hide_header client_max_body_size proxy_redirect ' +
    'proxy_read_timeout proxy_next_upstream proxy_next_upstream_tries mirror mirror_request_body map geo split_clients ' +
    'default_type types ssl_verify_client access_by_lua access_by_lua_block access_by_lua_file js_access'
  ).split(' '),
);

/** A product's name begins each remark of kind `cloudflare`. */
const REMARKS: readonly (readonly [RegExp, Kind, string])[] = [
  [
    /^(listen$|ssl|http2|http3|quic|server_tokens|reset_timedout|keepalive_|lingering_|send_timeout|client_header|large_client|early_hints)/,
    'nothing',
    'Cloudflare terminates the connection',
  ],
  [
    /^(user|worker_|pid|events|daemon|master_|load_module|env|pcre_|thread_pool|lock_file|multi_accept|use|accept_mutex|debug_|timer_|working_directory)$|^worker_/,
    'nothing',
    'there is no process to set up',
  ],
  [
    /^(access_log|error_log|log_|open_log|uninitialized_variable_warn|rewrite_log)/,
    'nothing',
    'requests are logged by logSampleRate and the bindings',
  ],
  [
    /^proxy_(buffer|request_buffering|max_temp|temp_|busy|http_version|socket_|bind|headers_hash|store|send_lowat|pass_header|limit_rate)|^client_body/,
    'nothing',
    'bodies stream; connections belong to the platform',
  ],
  [
    /^(keepalive|resolver|zone|variables_hash|map_hash|server_names_hash|types_hash|sendfile|tcp_|directio|aio|output_buffers|postpone_output|connection_pool|request_pool|underscores_in_headers|ignore_invalid_headers|merge_slashes|msie|chunked_transfer|max_ranges|absolute_redirect|server_name_in_redirect|port_in_redirect|recursive_error|proxy_force_ranges|disable_symlinks|if_modified_since|etag|read_ahead|subrequest_output|index$|charset|override_charset|source_charset)/,
    'nothing',
    'a matter of nginx itself',
  ],
  [/^(gzip|gunzip|brotli|zstd)/, 'nothing', 'Cloudflare compresses'],
  [/^(set_real_ip_from|real_ip_)/, 'nothing', 'the client’s address comes from Cloudflare'],
  [
    /^(root|alias|autoindex|open_file_cache|include_types|gzip_static|image_filter)/,
    'nothing',
    'files are not served; the locations say so',
  ],
  [
    /^(proxy_cache|proxy_no_cache|expires|fastcgi_cache|slice)/,
    'cloudflare',
    'Cache Rules: what is cached, and for how long',
  ],
  [/^limit_(req|conn)/, 'cloudflare', 'Rate Limiting Rules: limits for clients'],
  [/^limit_rate/, 'changed', 'left out: the speed of responses is not limited'],
  [/^(modsecurity|naxsi|valid_referers|referer_hash)/i, 'cloudflare', 'WAF: rules on requests'],
  [/^(geoip|geoip2)/, 'nothing', 'the platform knows the client’s country'],
  [/^auth_(delay|request_set|jwt_|basic_)/, 'nothing', 'belongs to a guard'],
  [
    /^proxy_(connect_timeout|send_timeout)$/,
    'changed',
    'left out: one time holds from the start of an attempt to its response headers (timeoutMs)',
  ],
  [
    /^proxy_next_upstream_timeout$/,
    'changed',
    'left out: all attempts together take at most timeoutMs times (1 + maxRetries)',
  ],
  [
    /^proxy_ssl_/,
    'changed',
    'left out: backends are checked against public certificate authorities, with their own name',
  ],
  [/^proxy_intercept_errors$/, 'cloudflare', 'Custom Errors: pages for errors of backends'],
  [
    /^proxy_(cookie_|set_body|method|pass_request|ignore_headers|headers|pass_trailers|ignore_client_abort)|^(add_trailer|sub_filter|addition|add_before|add_after|more_|ssi|xslt|headers_more|proxy_set)/,
    'changed',
    'left out: routes change neither this of a request nor of a response',
  ],
  [/^(fastcgi|uwsgi|scgi|grpc|memcached)_/, 'nothing', 'belongs to a location that is not carried over'],
  [
    /^(stub_status|empty_gif|dav_|create_full_put_path|min_delete_depth|flv|mp4|secure_link|random_index|echo|perl|js_|lua_|init_by_lua|init_worker_by_lua|ssl_certificate_by_lua|content_by_lua|log_by_lua|vhost_traffic|status_zone|health_check|match|userid|memcached|passenger_|push_stream|upload_|vod|rtmp)/,
    'nothing',
    'belongs to a module that has no part here',
  ],
];

/** Programs that may decide anything. */
const PROGRAMS = /_by_lua(_block|_file)?$|^(perl_set|js_set|js_header_filter|js_body_filter|set_by_lua.*)$/;

/** Says of each directive of a block, and of the blocks inside, what becomes of it. */
export function remark(block: readonly Directive[], report: Report): void {
  for (const directive of block) {
    const { name } = directive;
    if (name === 'stream' || name === 'mail') {
      report.lose(
        directive,
        'elsewhere',
        'only HTTP is balanced; other traffic is a matter of Cloudflare Spectrum',
      );
      continue;
    }
    remarkOne(directive, report);
    if (directive.block && /^(http|server|location|if|limit_except)$/.test(name))
      remark(directive.block, report);
  }
}

function remarkOne(directive: Directive, report: Report): void {
  const { name } = directive;
  if (READ.has(name) || /^(fastcgi|uwsgi|scgi|grpc|memcached|proxy)_pass$/.test(name)) return;
  const known = REMARKS.find(([pattern]) => pattern.test(name));
  if (known) report.note(directive, known[1], known[2]);
  else if (PROGRAMS.test(name))
    report.lose(directive, 'changed', 'left out: programs are not carried over; what does it decide?');
  else report.lose(directive, 'changed', 'left out: this directive is not known here; what does it do?');
}
