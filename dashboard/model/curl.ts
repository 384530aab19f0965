/** The curl line that sends a request through the balancer, for a terminal. No I/O. */

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether the dashboard is served on this machine; `origin` is its own. */
export const isLocal = (origin: string): boolean => LOCAL.has(new URL(origin).hostname);

/** What a wildcard's `*` stands for in an example. */
const EXAMPLE_LABEL = 'www';

/** A host that a route's pattern takes: `www.example.com` for `*.example.com`. */
export const exampleHost = (pattern: string): string => pattern.replace(/^\*/, EXAMPLE_LABEL);

/**
 * The line for a route's host pattern and path; `origin` is the dashboard's. On one machine the Host header says where
 * the request goes, for no name server knows the host; else the host itself is asked.
 */
export function curlLine(origin: string, pattern: string, path = '/'): string {
  const host = exampleHost(pattern);
  const { port } = new URL(origin);
  if (!isLocal(origin)) return `curl ${quoted(`https://${host}${path}`)}`;
  const address = `http://127.0.0.1${port === '' ? '' : `:${port}`}${path}`;
  return `curl -H 'Host: ${host}' ${quoted(address)}`;
}

/** As a shell takes it: quoted where a character means something to it. */
const quoted = (text: string): string =>
  /^[\w./:@%+,=~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
