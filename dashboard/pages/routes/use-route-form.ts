/** The state of a route's form: its draft, what the API says of it, and how it is sent. */
import { useMemo, useState } from 'react';
import type { Config, RouteConfig } from '../../api/config.ts';
import { type Change, putRoute } from '../../changes/change.ts';
import { dryRun, pathOf } from '../../changes/dry-run.ts';
import { useChange } from '../../changes/use-change.ts';
import { useFindings } from '../../changes/use-findings.ts';
import { messageAt, within } from '../../model/problems.ts';
import { draftOf, newDraft, type RouteDraft, routeOf, suggestId } from './route-draft.ts';

/** Each field's place in the document. */
const PATHS: Readonly<Record<keyof RouteDraft, string>> = {
  id: 'id',
  host: 'host',
  path: 'path',
  pool: 'pool',
  stripPrefix: 'stripPrefix',
  affinity: 'affinity',
  cookieName: 'affinityCookie.name',
  cookieTtlSeconds: 'affinityCookie.ttlSeconds',
  cookieSameSite: 'affinityCookie.sameSite',
  timeoutMs: 'timeoutMs',
  maxRetries: 'retry.maxRetries',
  retryOn: 'retry.on',
  repeats: 'retry.nonIdempotent',
  budgetPercent: 'retry.budgetPercent',
  bodyLimitBytes: 'retry.bodyLimitBytes',
  debugHeaders: 'debugHeaders',
  logSampleRate: 'logSampleRate',
};

/** What the form's parts need. */
export interface RouteForm {
  readonly draft: RouteDraft;
  readonly isNew: boolean;
  readonly set: (fields: Partial<RouteDraft>) => void;
  /** The API's message for a field that was touched. */
  readonly at: (field: keyof RouteDraft) => string | undefined;
  /** Messages that belong to no field. */
  readonly rest: readonly string[];
  readonly busy: boolean;
  /** Returns whether the form is done with. */
  readonly submit: () => Promise<boolean>;
}

/** A new route must not replace one of the same id: appended, the API finds that the id is there twice. */
const appended = (change: Change, route: RouteConfig): Change => ({
  ...change,
  apply: (config) => ({ ...config, routes: [...config.routes, route] }),
});

/** The form of `route`, or of a new one where it is null, which leads to `pool` at first. */
export function useRouteForm(
  config: Config,
  route: RouteConfig | null,
  pool = config.pools[0]?.id ?? '',
): RouteForm {
  const isNew = route === null;
  const [draft, setDraft] = useState(() => (route ? draftOf(route) : newDraft(pool)));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [isSubmitted, setSubmitted] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const { run, busy } = useChange();

  const change = useMemo(() => {
    const next = routeOf(draft);
    const put = putRoute(next, `${isNew ? 'Added' : 'Changed'} route ${next.id}`);
    return isNew ? appended(put, next) : put;
  }, [draft, isNew]);
  const { errors, note } = useFindings(change, touched.size > 0);
  const place = useMemo(
    () => pathOf(change.apply(config), { route: routeOf(draft).id }) ?? '',
    [change, config, draft],
  );
  const faults = useMemo(() => within(errors, place), [errors, place]);
  const elsewhere = errors.filter(({ path }) => within([{ path, message: '' }], place).length === 0);
  const unplaced = faults.filter(
    (fault) => !Object.values(PATHS).some((path) => messageAt([fault], path) !== undefined),
  );

  const set = (fields: Partial<RouteDraft>) => {
    setRefusal(null);
    setTouched((before) => new Set([...before, ...Object.keys(fields)]));
    setDraft((before) => withId({ ...before, ...fields }, isNew && !touched.has('id') && !('id' in fields)));
  };
  /** Follows host and path with the id of a new route, until somebody writes another. */
  const withId = (next: RouteDraft, follows: boolean): RouteDraft =>
    follows
      ? { ...next, id: suggestId(next.host, next.path, new Set(config.routes.map(({ id }) => id))) }
      : next;

  return {
    draft,
    isNew,
    set,
    at: (field) => (touched.has(field) || isSubmitted ? messageAt(faults, PATHS[field]) : undefined),
    rest: [
      ...(isSubmitted ? [...elsewhere, ...unplaced] : []).map(({ path, message }) => `${path} ${message}`),
      ...(refusal === null ? [] : [refusal]),
    ],
    busy,
    submit: async () => {
      setSubmitted(true);
      try {
        const found = await dryRun(config, change);
        note(found.errors);
        if (found.errors.length > 0) return false;
        // Not taken without an error: the question whose change shall stand is open, and has this one.
        await run(isNew ? putRoute(routeOf(draft), change.label) : change, true);
        return true;
      } catch (error) {
        setRefusal((error as Error).message);
        return false;
      }
    },
  };
}
