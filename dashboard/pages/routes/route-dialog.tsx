/** The form of a new or an existing route, built from the API's schema. */
import type { Config, RouteConfig } from '../../api/config.ts';
import { type RouteForm, tidied, useRouteForm } from '../../changes/use-route-form.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { coverOf } from '../../model/route-cover.ts';
import { AFFINITY_WORDS, overrides } from './route-list.ts';

interface RouteDialogProps {
  readonly config: Config;
  /** Null: a new route. */
  readonly route: RouteConfig | null;
  readonly onClose: () => void;
}

/** What a route matches and where it leads, in this order; every other key of the schema is an option. */
const MAIN = ['host', 'path', 'pool', 'id', 'stripPrefix', 'affinity', 'affinityCookie'];

/** Open while it is rendered. */
export function RouteDialog({ config, route, onClose }: RouteDialogProps) {
  const form = useRouteForm(config, route);
  // Opened only with its fields, so that the first one gets the focus.
  if (form.fields.length === 0) return null;
  return (
    <FormDialog
      title={route ? `Route ${route.id}` : 'New route'}
      description="Which host and path lead to which pool."
      action={route ? 'Save' : 'Add route'}
      busy={form.busy}
      problems={form.rest}
      submit={form.submit}
      onClose={onClose}
    >
      <Fields form={form} config={config} keys={mainKeys(form.draft)} isNew={route === null} />
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

/** Says which route the requests go to until now. */
function Taken({ draft, config }: { readonly draft: RouteConfig; readonly config: Config }) {
  if (draft.host.trim() === '') return null;
  const cover = coverOf(tidied(draft), config.routes);
  if (!cover || cover.pool === draft.pool) return null;
  return (
    <p role="status" className="text-kumo-default">
      Without this route, these requests match route {cover.id} ({cover.host}
      {cover.path}) and go to pool {cover.pool}.
    </p>
  );
}

/** The cookie's settings are shown only if there is a cookie. */
const mainKeys = ({ affinity }: RouteConfig): string[] =>
  MAIN.filter((key) => key !== 'affinityCookie' || affinity.startsWith('cookie'));

const optionKeys = ({ fields }: RouteForm): string[] =>
  fields.map(({ path }) => path).filter((key) => !MAIN.includes(key));

interface FieldsProps {
  readonly form: RouteForm;
  readonly config: Config;
  readonly keys: readonly string[];
  readonly isNew: boolean;
}

function Fields({ form, config: { pools }, keys, isNew }: FieldsProps) {
  const { fields, draft, edit, problems } = form;
  return (
    <SchemaFields
      fields={keys.flatMap((key) => fields.find(({ path }) => path === key) ?? [])}
      value={draft}
      onChange={edit}
      problems={problems}
      choices={{ pool: Object.fromEntries(pools.map(({ id }) => [id, id])), affinity: AFFINITY_WORDS }}
      fixed={isNew ? [] : ['id']}
      inherited={{ from: 'the pool', value: pools.find(({ id }) => id === draft.pool) }}
    />
  );
}
