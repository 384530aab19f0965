/** The state of a route's form: its draft, what the API says about it, and how it is submitted. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Problem } from '../../worker/config/check.ts';
import type { Config, RouteConfig } from '../api/config.ts';
import { schemasQuery } from '../api/openapi.ts';
import { defaultsOf, type Field, fieldsOf } from '../components/schema-form/fields.ts';
import { useDraft } from '../components/schema-form/use-draft.ts';
import { typedHost } from '../model/pool-draft.ts';
import { messageAt, pathOf, splitProblems } from '../model/problems.ts';
import { type Change, putRoute } from './change.ts';
import { useFormChange } from './dry-run.ts';

/** What the form's parts need. */
export interface RouteForm {
  /** Of the schema, in its order; empty until it is loaded. */
  readonly fields: readonly Field[];
  readonly draft: RouteConfig;
  readonly edit: (path: string, value: unknown) => void;
  /** The messages of the fields that were edited; after submitting, of all fields. */
  readonly problems: readonly Problem[];
  /** Messages that belong to no field. */
  readonly rest: readonly string[];
  readonly busy: boolean;
  /** Returns whether the form can be closed. */
  readonly submit: () => Promise<boolean>;
}

/** The form of `route`, or of a new route to `pool` if that is null. */
export function useRouteForm(
  config: Config,
  route: RouteConfig | null,
  pool = config.pools.length === 1 ? (config.pools[0]?.id ?? null) : null,
): RouteForm {
  const { data: schemas } = useQuery(schemasQuery);
  const fields = useMemo(() => (schemas?.RouteInput ? fieldsOf(schemas.RouteInput) : []), [schemas]);
  const known = useMemo(
    () => route ?? ({ id: '', host: '', path: '', ...defaultsOf(fields), pool } as RouteConfig),
    [route, fields, pool],
  );
  const { draft: typed, edited, edit } = useDraft(known);
  const isNew = route === null;
  const draft = useMemo(
    () => (isNew && !edited.includes('id') ? withSuggestedId(typed, config.routes) : typed),
    [typed, edited, isNew, config.routes],
  );
  const [change, preview] = useMemo(() => {
    const next = tidied(draft);
    const put = putRoute(next, `${isNew ? 'Added' : 'Changed'} route ${next.id}`);
    const append: Change = {
      ...put,
      apply: (before) => ({ ...before, routes: [...before.routes, next] }),
    };
    return [put, isNew ? append : put];
  }, [draft, isNew]);
  const { errors, isSubmitted, busy, submit } = useFormChange({
    change,
    preview,
    isEdited: edited.length > 0,
  });
  const part = pathOf(preview.apply(config), { route: tidied(draft).id }) ?? '';
  const { own, rest } = splitProblems(errors, part, leavesOf(fields));
  const isShown = (problem: Problem) =>
    isSubmitted || edited.some((path) => messageAt([problem], path) !== undefined);
  return {
    fields,
    draft,
    edit,
    problems: own.filter(isShown),
    rest: isSubmitted ? rest : [],
    busy,
    submit: async () => (await submit()) !== 'refused',
  };
}

/** The paths of all fields that are not groups. */
const leavesOf = (fields: readonly Field[]): string[] =>
  fields.flatMap(({ kind, path, fields: inner }) => (kind === 'group' ? leavesOf(inner) : [path]));

/** As the API wants it: without spaces around, the host in lower case, and `/` for an empty path. */
export const tidied = (route: RouteConfig): RouteConfig => ({
  ...route,
  id: route.id.trim(),
  host: typedHost(route.host),
  path: route.path.trim() === '' ? '/' : route.path.trim(),
  // Without its last condition a form leaves nothing.
  match: route.match ?? {},
});

const withSuggestedId = (route: RouteConfig, routes: readonly RouteConfig[]): RouteConfig => ({
  ...route,
  id: suggestId(route.host, route.path, new Set(routes.map(({ id }) => id))),
});

/** An id for a new route that is not `taken`, made of the host's first label and the path. */
export function suggestId(host: string, path: string, taken: ReadonlySet<string>): string {
  const label = host.trim().toLowerCase().replace(/^\*\./, '').split('.')[0] ?? '';
  const id = `${label}-${path.toLowerCase()}`
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  if (id === '' || !taken.has(id)) return id;
  for (let n = 2; ; n++) if (!taken.has(`${id}-${n}`)) return `${id}-${n}`;
}
