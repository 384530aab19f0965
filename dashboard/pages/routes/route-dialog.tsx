/** The form of a new or an existing route, built from the API's schema. */
import { Select } from '@cloudflare/kumo/components/select';
import { useQuery } from '@tanstack/react-query';
import type { Config, RouteConfig } from '../../api/config.ts';
import { type Mapping, requestsQuery } from '../../api/requests.ts';
import { type RouteForm, tidied, useRouteForm } from '../../changes/use-route-form.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import { defaultsOf, type Field } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { plural } from '../../model/format.ts';
import { within } from '../../model/problems.ts';
import { coverOf, takenFrom } from '../../model/route-cover.ts';
import { AFFINITY_WORDS, conditions, destination, overrides } from './route-list.ts';
import { SplitField } from './split-field.tsx';

interface RouteDialogProps {
  readonly config: Config;
  /** Null: a new route. */
  readonly route: RouteConfig | null;
  readonly onClose: () => void;
}

/** What a route matches, in this order. */
const WHERE = ['host', 'path', 'pathMatch', 'id'];
/** What it does; the choice of one of these is a field of its own. */
const ACTIONS = ['pool', 'split', 'redirect', 'respond'] as const;
type Action = (typeof ACTIONS)[number];
const ACTION_WORDS: Readonly<Record<Action, string>> = {
  pool: 'Send to a pool',
  split: 'Split between pools',
  redirect: 'Redirect',
  respond: 'Answer itself',
};
/** Keys that act only where a request goes to a pool. */
const FORWARDING = [
  'stripPrefix',
  'rewritePrefix',
  'rewriteLocation',
  'affinity',
  'affinityCookie',
  'timeoutMs',
  'retry',
  'requestHeaders',
  'responseHeaders',
  'maxBodyBytes',
  'mirror',
];
const MAIN = [...WHERE, ...ACTIONS, 'match', 'stripPrefix', 'affinity', 'affinityCookie'];

const actionOf = (route: RouteConfig): Action => ACTIONS.find((action) => route[action] !== null) ?? 'pool';

/** Open while it is rendered. */
export function RouteDialog({ config, route, onClose }: RouteDialogProps) {
  const form = useRouteForm(config, route);
  // Opened only with its fields, so that the first one gets the focus.
  if (form.fields.length === 0) return null;
  return (
    <FormDialog
      title={route ? `Route ${route.id}` : 'New route'}
      description="Which requests it gets, and what happens to them."
      action={route ? 'Save' : 'Add route'}
      busy={form.busy}
      problems={form.rest}
      submit={form.submit}
      onClose={onClose}
    >
      <Fields form={form} config={config} keys={WHERE} isNew={route === null} />
      <details open={route !== null && conditions(route).length > 0}>
        <summary className="cursor-pointer font-medium text-kumo-default">Conditions</summary>
        <div className="flex flex-col gap-6 pt-4">
          <Fields form={form} config={config} keys={['match']} isNew={route === null} />
        </div>
      </details>
      <ActionFields form={form} config={config} isNew={route === null} />
      <Fields form={form} config={config} keys={affinityKeys(form.draft)} isNew={route === null} />
      <Taken draft={form.draft} config={config} />
      <details open={route !== null && overrides(route).length > 0}>
        <summary className="cursor-pointer font-medium text-kumo-default">
          Overrides, headers and logging
        </summary>
        <div className="flex flex-col gap-6 pt-4">
          <Fields form={form} config={config} keys={optionKeys(form)} isNew={route === null} />
        </div>
      </details>
    </FormDialog>
  );
}

/** The choice of what the route does, and the fields of that. */
function ActionFields({ form, config, isNew }: Omit<FieldsProps, 'keys'>) {
  const { draft, edit, fields } = form;
  const action = actionOf(draft);
  const pools = config.pools.map(({ id }) => id);
  const choose = (next: Action) => {
    const own = fields.find(({ path }) => path === next);
    const first = draft.pool ?? draft.split?.pools[0]?.pool ?? pools[0] ?? '';
    for (const other of ACTIONS) edit(other, null);
    if (next === 'pool') edit('pool', first);
    else if (next === 'split') edit('split', { by: 'request', pools: [{ pool: first, weight: 100 }] });
    else edit(next, { ...defaultsOf(own?.fields ?? []), ...(next === 'respond' ? { status: 503 } : {}) });
    // The API refuses what cannot act.
    if (next === 'redirect' || next === 'respond')
      for (const key of ['rewritePrefix', 'maxBodyBytes', 'mirror']) edit(key, null);
  };
  return (
    <>
      <Select
        label="What happens"
        className="w-full"
        value={action}
        items={ACTIONS.map((value) => ({ value, label: ACTION_WORDS[value] }))}
        onValueChange={(next) => next && choose(next as Action)}
      />
      {action === 'pool' && <Fields form={form} config={config} keys={['pool']} isNew={isNew} />}
      {action === 'split' && draft.split && (
        <>
          <SplitField
            split={draft.split}
            pools={pools}
            problems={within(form.problems, 'split')}
            onChange={(parts) => edit('split.pools', parts)}
          />
          <Fields form={form} config={config} keys={['split.by']} isNew={isNew} />
        </>
      )}
      {(action === 'redirect' || action === 'respond') && (
        <Fields form={form} config={config} keys={innerKeys(form, action)} isNew={isNew} />
      )}
    </>
  );
}

const innerKeys = ({ fields }: RouteForm, group: Action): string[] =>
  fields.find(({ path }) => path === group)?.fields.map(({ path }) => path) ?? [];

/** Says which routes the requests go to until now, and how many of the last minute's this route would get. */
function Taken({ draft, config }: { readonly draft: RouteConfig; readonly config: Config }) {
  const { data: requests = NONE_YET } = useQuery({ ...requestsQuery({}), enabled: draft.host.trim() !== '' });
  if (draft.host.trim() === '') return null;
  const route = tidied(draft);
  const taken = takenFrom(route, config.routes, requests, Date.now());
  const cover = coverOf(route, config.routes);
  if (taken.length === 0 && (!cover || (cover.pool !== null && cover.pool === draft.pool))) return null;
  const isCertain = conditions(route).length === 0;
  return (
    <div role="status" className="flex flex-col gap-1 text-kumo-default">
      {taken.length === 0 && cover && (
        <p>
          Without this route, these requests match route {cover.id} ({cover.host}
          {cover.path}): {destination(cover)}.
        </p>
      )}
      {taken.map(({ id, requests: count, of }) => (
        <p key={id}>
          This route takes {isCertain ? '' : 'up to '}
          {plural(count, 'request')} on record in the last minute from {id === null ? '404' : `route ${id}`} (
          {Math.round((count / of) * 100)} % of {of}).
        </p>
      ))}
    </div>
  );
}

const NONE_YET: readonly Mapping[] = [];

/** The cookie's settings are shown only if there is a cookie. */
const affinityKeys = (draft: RouteConfig): string[] => {
  const action = actionOf(draft);
  if (action === 'redirect' || action === 'respond') return [];
  return ['stripPrefix', 'affinity', ...(draft.affinity.startsWith('cookie') ? ['affinityCookie'] : [])];
};

const optionKeys = ({ fields, draft }: RouteForm): string[] => {
  const action = actionOf(draft);
  const isForwarded = action === 'pool' || action === 'split';
  return fields
    .map(({ path }) => path)
    .filter((key) => !MAIN.includes(key) && (isForwarded || !FORWARDING.includes(key)));
};

interface FieldsProps {
  readonly form: RouteForm;
  readonly config: Config;
  readonly keys: readonly string[];
  readonly isNew: boolean;
}

function Fields({ form, config: { pools }, keys, isNew }: FieldsProps) {
  const { fields, draft, edit, problems } = form;
  const poolWords = Object.fromEntries(pools.map(({ id }) => [id, id]));
  return (
    <SchemaFields
      fields={keys.flatMap((key) => findField(fields, key) ?? [])}
      value={draft}
      onChange={edit}
      problems={problems}
      choices={{ pool: poolWords, 'mirror.pool': poolWords, affinity: AFFINITY_WORDS }}
      fixed={isNew ? [] : ['id']}
      inherited={{ from: 'the pool', value: pools.find(({ id }) => id === draft.pool) }}
    />
  );
}

/** The field at a path, also within a group. */
const findField = (fields: readonly Field[], path: string): Field | undefined =>
  fields.flatMap((field) => [field, ...field.fields]).find((field) => field.path === path);
