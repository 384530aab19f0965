/** The differences between two configurations, by ids rather than by places in lists. No I/O. */

import type { Difference } from '../protocol/common-schemas.ts';

export type { Difference };

/** Characters of JSON; an event leaves a longer value out, since the revision itself has it. */
export const VALUE_LENGTH = 4_096;

type Fields = Readonly<Record<string, unknown>>;
type Listed = Fields & { readonly id: string };

/**
 * Finds the differences between two documents, or between any two values of them. Items of two lists correspond when
 * their ids are equal; a changed order is one difference of the list, with the ids as its values.
 */
export function differences(from: unknown, to: unknown, path = ''): Difference[] {
  if (same(from, to)) return [];
  if (isFields(from) && isFields(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) =>
      differences(from[key] ?? null, to[key] ?? null, path === '' ? key : `${path}.${key}`),
    );
  }
  if (isListed(from) && isListed(to)) return listDifferences(from, to, path);
  return [{ path, from, to }];
}

function listDifferences(from: readonly Listed[], to: readonly Listed[], path: string): Difference[] {
  const old = new Map(from.map((item) => [item.id, item]));
  const left = new Map(to.map((item) => [item.id, item]));
  const found: Difference[] = [];
  for (const [id, item] of old)
    if (!left.has(id)) found.push({ path: `${path}[${id}]`, from: item, to: null });
  for (const [id, item] of left) {
    const before = old.get(id);
    if (before) found.push(...differences(before, item, `${path}[${id}]`));
    else found.push({ path: `${path}[${id}]`, from: null, to: item });
  }
  const orderBefore = from.map((item) => item.id).filter((id) => left.has(id));
  const orderNow = to.map((item) => item.id).filter((id) => old.has(id));
  if (orderBefore.join() !== orderNow.join()) found.push({ path, from: orderBefore, to: orderNow });
  return found;
}

/**
 * Merges all differences into one: the deepest part of the document that contains them all, before and after. A value
 * longer than `VALUE_LENGTH` becomes null. Without a difference it is one of the whole document, from null to null.
 */
export function summarise(from: unknown, to: unknown): Difference {
  const [first, ...rest] = differences(from, to);
  if (!first) return { path: '', from: null, to: null };
  const shared = rest.reduce((path, other) => commonPath(path, other.path), first.path);
  const whole = rest.length === 0 ? first : { path: shared, from: at(from, shared), to: at(to, shared) };
  return { path: whole.path, from: short(whole.from), to: short(whole.to) };
}

/** The steps of a path: `pools[shop].weight` is `pools`, `[shop]`, `weight`. */
const stepsOf = (path: string): string[] => path.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [];

function commonPath(a: string, b: string): string {
  const [x, y] = [stepsOf(a), stepsOf(b)];
  const differ = x.findIndex((step, i) => step !== y[i]);
  return x.slice(0, differ < 0 ? x.length : differ).reduce(join, '');
}

const join = (path: string, step: string): string =>
  path === '' || step.startsWith('[') ? path + step : `${path}.${step}`;

function at(document: unknown, path: string): unknown {
  let value = document;
  for (const step of stepsOf(path)) {
    if (step.startsWith('[') && isListed(value)) value = value.find((item) => `[${item.id}]` === step);
    else value = isFields(value) ? value[step] : null;
  }
  return value ?? null;
}

const short = (value: unknown): unknown => (JSON.stringify(value).length > VALUE_LENGTH ? null : value);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListed = (value: unknown): value is Listed[] =>
  Array.isArray(value) && value.every((item) => isFields(item) && typeof item.id === 'string');
