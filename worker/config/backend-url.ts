/** Which URLs a backend may have: those that a Worker can reach, without those that an operator must not reach. No I/O. */

/** The rules of a deployment, from its settings. */
export interface UrlRules {
  readonly allowPrivate: boolean;
  readonly adminHosts: ReadonlySet<string>;
}

const PRIVATE_SUFFIXES = ['localhost', 'local', 'internal', 'home.arpa', 'localdomain'];

/** Explains what is wrong with a backend's URL and how to write it; null when it is valid. */
export function backendUrlProblem(text: string, rules: UrlRules): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'must be an absolute URL such as https://a.example.net';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (!/^https?:\/\/[^/\\]/i.test(text)) return 'must have a host name right after http:// or https://';
  if (url.username !== '' || url.password !== '')
    return 'must not contain credentials; send them in a header';
  if (text.includes('?')) return 'must not contain a query; only a path prefix may follow the host';
  if (text.includes('#')) return 'must not contain a fragment; only a path prefix may follow the host';
  if (/[\s\\]/.test(text)) return 'must not contain spaces or backslashes';
  if (/\/(\.|%2e){1,2}(\/|$)/i.test(text)) return 'must not contain . or .. as a path segment';
  // A name with an empty part would pass every comparison below: localhost.. is not localhost.
  if (/^\.|\.\./.test(url.hostname)) return 'must have a host name without empty parts';
  if (rules.allowPrivate) return null;
  const host = url.hostname.replace(/\.$/, '');
  if (isIpLiteral(host)) {
    return isPrivateAddress(host)
      ? 'must not be a loopback, link-local or private address (ALLOW_PRIVATE_BACKENDS=true allows them in local runs)'
      : 'must be a host name: Workers cannot fetch a bare IP address; give it a DNS record';
  }
  if (
    PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`)) ||
    !host.includes('.')
  ) {
    return 'must be a public host name (ALLOW_PRIVATE_BACKENDS=true allows private ones in local runs)';
  }
  if (rules.adminHosts.has(host)) return 'must not be an admin host of this deployment';
  return null;
}

function isIpLiteral(host: string): boolean {
  return host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** Expects a literal as the URL parser writes it: it turns decimal, octal and hex forms into dotted ones. */
function isPrivateAddress(host: string): boolean {
  if (!host.startsWith('[')) return isPrivateV4(host.split('.').map(Number));
  const address = host.slice(1, -1);
  if (address === '::' || address === '::1') return true;
  const embedded = /^(?:::ffff:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (embedded) {
    const [high, low] = [Number.parseInt(embedded[1]!, 16), Number.parseInt(embedded[2]!, 16)];
    return isPrivateV4([high >> 8, high & 255, low >> 8, low & 255]);
  }
  return /^(f[cd]|fe[89ab]|ff)/.test(address);
}

/** The blocks of RFC 1918, 6598, 3927, 1122 and 5737, multicast and reserved ones. */
function isPrivateV4(parts: number[]): boolean {
  const [a = 0, b = 0, c = 0] = parts;
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
  if (a === 100 && b >= 64 && b <= 127) return true;
  if (a === 172 && b >= 16 && b <= 31) return true;
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)))) return true;
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return true;
  return (a === 169 && b === 254) || (a === 203 && b === 0 && c === 113);
}
