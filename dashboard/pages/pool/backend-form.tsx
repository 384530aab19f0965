/** Adds or edits a backend: checked by the API while it is typed, in the API's own words. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import { type BackendConfig, configQuery, type PoolConfig } from '../../api/config.ts';
import { type JsonSchema, schemasQuery } from '../../api/openapi.ts';
import { poolSamplesQuery } from '../../api/status.ts';
import { type Change, putBackend } from '../../changes/change.ts';
import { useFormChange } from '../../changes/dry-run.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import { NotFoundDialog } from '../../components/not-found-dialog.tsx';
import { defaultsOf, type Field, fieldsOf } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { useDraft } from '../../components/schema-form/use-draft.ts';
import { lossOf, questionOf } from '../../model/consequences.ts';
import { inWords, messageAt, splitProblems, within } from '../../model/problems.ts';

interface BackendFormProps {
  readonly pool: PoolConfig;
  /** The id of the backend to edit; `+`: a new one. */
  readonly edit: string;
  readonly onClose: () => void;
}

/** The dialog; a not-found dialog if there is no such backend. */
export function BackendForm(props: BackendFormProps) {
  const { pool, edit, onClose } = props;
  const { data: schemas } = useQuery(schemasQuery);
  if (edit !== '+' && pool.backends.every(({ id }) => id !== edit))
    return <NotFoundDialog what={`Backend ${edit} of pool ${pool.id}`} onClose={onClose} />;
  // Opened only with its fields, so that the first one gets the focus.
  return schemas?.BackendInput ? <Form {...props} schema={schemas.BackendInput} /> : null;
}

function Form({ schema, pool, edit, onClose }: BackendFormProps & { readonly schema: JsonSchema }) {
  const isNew = edit === '+';
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const blank = useMemo(() => defaultsOf(fields) as BackendConfig, [fields]);
  const known = pool.backends.find(({ id }) => id === edit) ?? blank;
  const { draft, edited, edit: onChange } = useDraft(known);
  const form = useBackendSubmit(pool, isNew, draft, fields);
  const shown = form.own.filter(
    (problem) => form.isSubmitted || edited.some((path) => messageAt([problem], path) !== undefined),
  );
  return (
    <FormDialog
      title={isNew ? `Add a backend to ${pool.id}` : `Edit ${edit} of ${pool.id}`}
      action={isNew ? 'Add backend' : 'Save'}
      busy={form.busy}
      problems={form.rest}
      submit={form.submit}
      onClose={onClose}
    >
      <SchemaFields
        fields={fields}
        value={draft}
        onChange={onChange}
        problems={shown}
        fixed={isNew ? [] : ['id']}
        inherited={{ from: 'the pool', value: { timeoutMs: pool.timeoutMs } }}
      />
      {form.warnings.map((warning) => (
        <p key={inWords(warning)} className="text-kumo-warning">
          Note: {inWords(warning)}
        </p>
      ))}
      <Loss pool={pool} draft={draft} />
    </FormDialog>
  );
}

/** The draft as a change: checked while it is typed, and again when it is submitted. */
function useBackendSubmit(pool: PoolConfig, isNew: boolean, draft: BackendConfig, fields: readonly Field[]) {
  const [change, preview] = useMemo(() => {
    const label = isNew ? `Added ${draft.id} to ${pool.id}` : `Changed ${draft.id} of ${pool.id}`;
    const put = putBackend(pool.id, draft, label);
    const append = (one: PoolConfig) =>
      one.id === pool.id ? { ...one, backends: [...one.backends, draft] } : one;
    const appended: Change = {
      ...put,
      apply: (config) => ({ ...config, pools: config.pools.map(append) }),
    };
    return [put, isNew ? appended : put];
  }, [pool.id, isNew, draft]);
  const { errors, warnings, isSubmitted, busy, submit } = useFormChange({ change, preview, isEdited: true });
  const pools = useQueryClient().getQueryData(configQuery.queryKey)?.config.pools ?? [];
  const list = `pools[${pools.findIndex(({ id }) => id === pool.id)}].backends`;
  const index = isNew ? pool.backends.length : pool.backends.findIndex(({ id }) => id === draft.id);
  const part = `${list}[${index}]`;
  const { own, rest } = splitProblems(
    errors,
    part,
    fields.map(({ path }) => path),
  );
  const ofList = errors.filter(({ path }: Problem) => path === list).map(inWords);
  return {
    own,
    rest: isSubmitted ? rest : ofList,
    warnings: within(warnings, part),
    isSubmitted,
    busy,
    submit: async () => (await submit()) === 'done',
  };
}

/** Warns if the draft takes the last available backend, a whole tier or much of the capacity away. */
function Loss({ pool, draft }: { readonly pool: PoolConfig; readonly draft: BackendConfig }) {
  const queries = useQueryClient();
  const statuses = queries.getQueryData(poolSamplesQuery.queryKey)?.[pool.id]?.status.backends ?? [];
  const taken = { pool, statuses, ids: [draft.id] };
  const isKept = draft.state === 'active' && draft.weight > 0;
  const asked = isKept ? null : questionOf(taken, 'Take away');
  if (!asked) return null;
  return (
    <p role="alert" className="text-kumo-danger">
      {lossOf(taken) === 'all' && `${draft.id} is the last available backend. `}
      {asked.consequence}
    </p>
  );
}
