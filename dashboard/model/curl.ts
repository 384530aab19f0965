/** The curl command that sends a request through the balancer. No I/O. */

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether the dashboard runs on this machine; `origin` is the dashboard's. */
export const isLocal = (origin: string): boolean => LOCAL.has(new URL(origin).hostname);

/** The label that replaces a wildcard's `*` in an example. */
const EXAMPLE_LABEL = 'www';

/** A host that a route's pattern matches: `www.example.com` for `*.example.com`. */
export const exampleHost = (pattern: string): string => pattern.replace(/^\*/, EXAMPLE_LABEL);

/**
 * The command for a route's host pattern and path; `origin` is the dashboard's. For a local dashboard it names the host
 * in the Host header, because no name server knows it.
 */
export function curlLine(origin: string, pattern: string, path = '/'): string {
  const host = exampleHost(pattern);
  const { port } = new URL(origin);
  if (!isLocal(origin)) return `curl ${quoted(`https://${host}${path}`)}`;
  const address = `http://127.0.0.1${port === '' ? '' : `:${port}`}${path}`;
  return `curl -H 'Host: ${host}' ${quoted(address)}`;
}

/** Quoted for a shell where that is necessary. */
const quoted = (text: string): string =>
  /^[\w./:@%+,=~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
