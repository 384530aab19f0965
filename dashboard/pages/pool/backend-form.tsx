/** Adds or edits a backend: checked by the API while one types, in the API's own words. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import type { BackendConfig, PoolConfig } from '../../api/config.ts';
import { type JsonSchema, schemasQuery } from '../../api/openapi.ts';
import { pulsesQuery } from '../../api/status.ts';
import { GoneDialog } from '../../components/gone-dialog.tsx';
import { fieldsOf, withValue } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { messageAt } from '../../model/problems.ts';
import { consequence, isLast } from './consequences.ts';
import { useSending } from './use-sending.ts';

interface BackendFormProps {
  readonly pool: PoolConfig;
  /** The backend to edit, `+` for a new one. */
  readonly edit: string;
  readonly onClose: () => void;
}

const NEW: BackendConfig = {
  id: '',
  url: null,
  binding: null,
  weight: 1,
  state: 'active',
  tier: 0,
  host: 'backend',
  timeoutMs: null,
};

/** The dialog; where there is no such backend, one that says so. */
export function BackendForm({ pool, edit, onClose }: BackendFormProps) {
  const { data: schemas } = useQuery(schemasQuery);
  const known = edit === '+' ? NEW : pool.backends.find(({ id }) => id === edit);
  if (!known) return <GoneDialog what={`backend ${edit} of pool ${pool.id}`} onClose={onClose} />;
  // Opened only with its fields in it, so that the first of them is focused.
  if (!schemas?.BackendInput) return null;
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog
        size="xl"
        className="max-h-[calc(100dvh-4rem)] overflow-y-auto p-6 sm:max-h-[calc(100dvh-8rem)]"
      >
        <Dialog.Title className="mb-4 text-lg font-semibold">
          {edit === '+' ? `Add a backend to ${pool.id}` : `Edit ${edit} of ${pool.id}`}
        </Dialog.Title>
        <Form schema={schemas.BackendInput} pool={pool} edit={edit} known={known} onClose={onClose} />
      </Dialog>
    </Dialog.Root>
  );
}

interface FormProps extends BackendFormProps {
  readonly schema: JsonSchema;
  readonly known: BackendConfig;
}

function Form({ schema, pool, edit, known, onClose }: FormProps) {
  // Only what was edited is kept: what others change meanwhile stays as they made it.
  const [edits, setEdits] = useState<Partial<BackendConfig>>({});
  const draft = useMemo(() => ({ ...known, ...edits }), [known, edits]);
  const [touched, setTouched] = useState<readonly string[]>([]);
  const { problems, warnings, send, busy } = useSending(pool, edit, draft);
  const fields = fieldsOf(schema);
  const all = fields.map(({ path }) => path);
  const change = (path: string, value: unknown) => {
    setEdits((before) => withValue(before, path, value));
    setTouched((before) => (before.includes(path) ? before : [...before, path]));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(all);
    if (await send()) onClose();
  };
  const isAt = (problem: Problem, field: string) => messageAt([problem], field) !== undefined;
  // What nobody has written yet is not wrong yet.
  const shown = problems.filter((problem) => touched.some((field) => isAt(problem, field)));
  const rest = problems.filter((problem) => !all.some((field) => isAt(problem, field)));
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
      <SchemaFields
        fields={fields}
        value={draft}
        onChange={change}
        problems={shown}
        fixed={edit === '+' ? [] : ['id']}
      />
      {warnings.map(({ path, message }) => (
        <p key={path + message} className="text-kumo-warning">
          Note: {path} {message}
        </p>
      ))}
      {rest.map(({ path, message }) => (
        <p key={path + message} role="alert" className="text-kumo-danger">
          {path} {message}
        </p>
      ))}
      <Loss pool={pool} draft={draft} />
      <div className="flex justify-end gap-2">
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" loading={busy}>
          {edit === '+' ? 'Add backend' : 'Save'}
        </Button>
      </div>
    </form>
  );
}

/** Says what would happen when the draft takes the last available backend away. */
function Loss({ pool, draft }: { readonly pool: PoolConfig; readonly draft: BackendConfig }) {
  const queries = useQueryClient();
  const statuses = queries.getQueryData(pulsesQuery.queryKey)?.[pool.id]?.status.backends ?? [];
  const taken = { pool, statuses, ids: [draft.id] };
  if ((draft.state === 'active' && draft.weight > 0) || !isLast(taken)) return null;
  return (
    <p role="alert" className="text-kumo-danger">
      {draft.id} is the last available backend. {consequence(taken)}
    </p>
  );
}
