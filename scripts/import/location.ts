/** From the `location` blocks of a server to where each path goes. No I/O. */
import type { Notes } from './notes.ts';
import type { Directive } from './parse.ts';
import { isHandedDown, type Settings, settingsOf } from './retry.ts';

/** One path that is proxied. */
export interface Proxied {
  readonly directive: Directive;
  readonly path: string;
  readonly target: ProxyPass;
  readonly stripPrefix: boolean;
  readonly settings: Settings;
}

/** A `proxy_pass` taken apart. */
export interface ProxyPass {
  readonly scheme: string;
  /** An upstream's name, or a host with or without port. */
  readonly name: string;
  /** What stands in the place of the location's path, without trailing slash. */
  readonly base: string;
}

/** Headers that are set for a backend by itself. */
const SENT_ANYWAY = /^(x-forwarded-(for|proto|host)|x-real-ip|connection|upgrade|x-request-id)$/i;

/** Reads the locations of a server, nested ones too. */
export function readLocations(server: readonly Directive[], outside: Settings, notes: Notes): Proxied[] {
  const settings = settingsOf(server, outside);
  return server
    .filter((directive) => directive.name === 'location')
    .flatMap((location) => readLocation(location, settings, notes));
}

function readLocation(location: Directive, outside: Settings, notes: Notes): Proxied[] {
  const block = location.block ?? [];
  const path = pathOf(location, notes);
  if (path === null) return [];
  const settings = settingsOf(block, outside);
  const inner = readLocations(block, outside, notes);
  for (const directive of block) noteInside(directive, notes);
  const pass = block.find((directive) => directive.name === 'proxy_pass');
  if (!pass) {
    const why = 'nothing in it is proxied; its path goes where the next shorter prefix leads';
    if (inner.length === 0) notes.drop(location, why);
    return inner;
  }
  const parsed = readProxyPass(pass, path, notes);
  if (!parsed) return inner;
  noteWidth(location, path, notes);
  return [{ directive: pass, path, settings, ...parsed }, ...inner];
}

function pathOf(location: Directive, notes: Notes): string | null {
  const [first = '', second] = location.args;
  const path = second ?? first;
  if (path.startsWith('/') && !first.startsWith('~')) return path;
  const why = first.startsWith('@')
    ? 'named locations are reached by rewrites only'
    : 'routes are by path prefix, not by regular expression';
  notes.drop(location, why);
  return null;
}

/** A route takes more, or less, than some locations. */
function noteWidth(location: Directive, path: string, notes: Notes): void {
  if (location.args[0] === '=') notes.differ(location, 'a route takes what is below its path too');
  else if (path !== '/' && !path.endsWith('/'))
    notes.differ(location, `a prefix ends at a slash here: ${path}x is not taken`);
}

function readProxyPass(pass: Directive, path: string, notes: Notes) {
  const [, scheme = '', name = '', uri = ''] =
    /^(https?):\/\/([^/$]+)([^$]*)$/.exec(pass.args[0] ?? '') ?? [];
  if (name === '' || name.startsWith('unix:')) {
    notes.drop(pass, 'its target must be a fixed http:// or https:// address');
    return null;
  }
  if (/[?#]/.test(uri)) {
    notes.drop(pass, 'a path put in place holds no query');
    return null;
  }
  if (uri !== '' && path !== '/' && uri.endsWith('/') !== path.endsWith('/'))
    notes.differ(pass, 'the path put in place is joined by one slash, whatever ends with one');
  const base = uri.replace(/\/+$/, '');
  return { target: { scheme, name, base }, stripPrefix: uri !== '' && path !== '/' };
}

/** Says of a directive in or beside a location what becomes of it. */
export function noteInside(directive: Directive, notes: Notes): void {
  const [name = ''] = directive.args;
  if (directive.name === 'proxy_pass' || directive.name === 'location' || isHandedDown(directive)) return;
  if (directive.name !== 'proxy_set_header') notes.drop(directive);
  else if (name.toLowerCase() === 'host')
    notes.drop(
      directive,
      'a Worker cannot set Host: backends see their own, and the client’s in X-Forwarded-Host; "host": "client" keeps it inside the own zone',
    );
  else if (!SENT_ANYWAY.test(name))
    notes.drop(directive, 'headers for backends are set by rules of the zone, or by the application');
}
