/** The result of a change: the document after it, checked as a whole, or why the change is refused. No I/O. */
import { checkConfig, type DeploymentInfo, type Problem } from './check.ts';
import type { Config } from './schema.ts';

/** A valid document and a summary of the change, or the reason of the refusal. */
export type Changed =
  | { readonly ok: true; readonly config: Config; readonly created: boolean; readonly summary: string }
  | { readonly ok: false; readonly reason: 'invalid'; readonly errors: Problem[] }
  | { readonly ok: false; readonly reason: 'missing' | 'conflict'; readonly detail: string };

/** Checks the whole document; problems inside the resource at `prefix` get paths relative to the body that was sent. */
export function checked(
  config: Config,
  prefix: string,
  deployment: DeploymentInfo,
  summary: string,
  created: boolean,
): Changed {
  const found = checkConfig(config, deployment);
  if (found.ok) return { ok: true, config: found.value, created, summary };
  const errors = found.errors.map((error) =>
    prefix !== '' && error.path.startsWith(prefix)
      ? { ...error, path: error.path.slice(prefix.length).replace(/^\./, '') }
      : error,
  );
  return invalid(errors);
}

/** Replaces the item of this id in its place, or appends it. */
export function put<T extends { id: string }>(items: readonly T[], item: T) {
  const at = items.findIndex((other) => other.id === item.id);
  if (at < 0) return { items: [...items, item], index: items.length, created: true };
  return { items: items.with(at, item), index: at, created: false };
}

/** Whether a body is an object and not a list. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Adds the id of the address to a body that leaves it out. */
export const withId = (body: unknown, id: string): unknown =>
  isObject(body) && !('id' in body) ? { id, ...body } : body;
/** A refusal: the resource does not exist. */
export const missing = (what: string): Changed => ({
  ok: false,
  reason: 'missing',
  detail: `There is no ${what}.`,
});
/** A refusal: another part of the document prevents the change. */
export const conflict = (detail: string): Changed => ({ ok: false, reason: 'conflict', detail });
/** A refusal: the body is not valid. */
export const invalid = (errors: Problem[]): Changed => ({ ok: false, reason: 'invalid', errors });
/** A refusal: the body has another id than the address. */
export const otherId = (id: string): Changed =>
  invalid([{ path: 'id', message: `must be ${id}, as in the address, or be left out` }]);

/** A change of the configuration; the bodies are not checked yet. */
export type Change =
  | { readonly kind: 'replace-config'; readonly body: unknown }
  | { readonly kind: 'put-pool'; readonly pool: string; readonly body: unknown }
  | { readonly kind: 'delete-pool'; readonly pool: string }
  | { readonly kind: 'put-backend'; readonly pool: string; readonly backend: string; readonly body: unknown }
  | {
      readonly kind: 'patch-backend';
      readonly pool: string;
      readonly backend: string;
      readonly body: unknown;
    }
  | { readonly kind: 'delete-backend'; readonly pool: string; readonly backend: string }
  | { readonly kind: 'put-route'; readonly route: string; readonly body: unknown }
  | { readonly kind: 'delete-route'; readonly route: string };
