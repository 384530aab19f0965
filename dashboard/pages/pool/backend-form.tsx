/** Adds or edits a backend: checked by the API while one types, in the API's own words. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import type { ApiError } from '../../api/client.ts';
import { type BackendConfig, configQuery, type PoolConfig } from '../../api/config.ts';
import { schemasQuery } from '../../api/openapi.ts';
import { pulsesQuery } from '../../api/status.ts';
import { type Change, putBackend } from '../../changes/change.ts';
import { dryRun, messageAt, useDryRun, within } from '../../changes/dry-run.ts';
import { useChange } from '../../changes/use-change.ts';
import { fieldsOf, withValue } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { consequence, isLast } from './consequences.ts';

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

/** The dialog; nothing when the backend is not there any more. */
export function BackendForm({ pool, edit, onClose }: BackendFormProps) {
  const known = edit === '+' ? NEW : pool.backends.find(({ id }) => id === edit);
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog
        size="xl"
        className="max-h-[calc(100dvh-4rem)] overflow-y-auto p-6 sm:max-h-[calc(100dvh-8rem)]"
      >
        <Dialog.Title className="mb-4 text-lg font-semibold">
          {edit === '+' ? `Add a backend to ${pool.id}` : `Edit ${edit} of ${pool.id}`}
        </Dialog.Title>
        {known ? (
          <Form pool={pool} edit={edit} known={known} onClose={onClose} />
        ) : (
          <p className="text-kumo-subtle">There is no backend {edit} any more.</p>
        )}
      </Dialog>
    </Dialog.Root>
  );
}

function Form({ pool, edit, known, onClose }: BackendFormProps & { readonly known: BackendConfig }) {
  const { data: schemas } = useQuery(schemasQuery);
  const [draft, setDraft] = useState(known);
  const [touched, setTouched] = useState<readonly string[]>([]);
  const { problems, warnings, send, busy } = useSending(pool, edit, draft);
  if (!schemas?.BackendInput) return <p className="text-kumo-subtle">Loading …</p>;

  const fields = fieldsOf(schemas.BackendInput);
  const all = fields.map(({ path }) => path);
  const change = (path: string, value: unknown) => {
    setDraft((before) => withValue(before, path, value));
    setTouched((before) => (before.includes(path) ? before : [...before, path]));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(all);
    if (await send()) onClose();
  };
  // What nobody has written yet is not wrong yet.
  const shown = problems.filter(({ path }) =>
    touched.some((field) => messageAt([{ path, message: '' }], field) === ''),
  );
  const rest = problems.filter(
    ({ path }) => !all.some((field) => messageAt([{ path, message: '' }], field) === ''),
  );
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

/** The draft as a change: checked while it is typed, and once more when it is sent. */
function useSending(pool: PoolConfig, edit: string, draft: BackendConfig) {
  const queries = useQueryClient();
  const { run, busy } = useChange();
  const [refused, setRefused] = useState<{ draft: BackendConfig; problems: readonly Problem[] } | null>(null);
  const change = useMemo((): Change => {
    const isNew = edit === '+';
    const label = isNew ? `Added ${draft.id} to ${pool.id}` : `Changed ${draft.id} of ${pool.id}`;
    return putBackend(pool.id, draft, label);
  }, [pool.id, edit, draft]);
  // A new one is appended for the check even where its id is taken: the API then says so instead of replacing.
  const checked = useMemo((): Change => {
    if (edit !== '+') return change;
    const append = (one: PoolConfig) =>
      one.id === pool.id ? { ...one, backends: [...one.backends, draft] } : one;
    return { ...change, apply: (config) => ({ ...config, pools: config.pools.map(append) }) };
  }, [change, edit, draft, pool.id]);
  const found = useDryRun(checked);
  const config = queries.getQueryData(configQuery.queryKey)?.config;
  const place = config?.pools.findIndex(({ id }) => id === pool.id) ?? 0;
  const index = edit === '+' ? pool.backends.length : pool.backends.findIndex(({ id }) => id === edit);
  const part = `pools[${place}].backends[${index}]`;
  /** Problems of the backend by its own paths; others by theirs. */
  const ours = (problems: readonly Problem[]) => {
    const own = within(problems, part);
    const path = `pools[${place}].backends`;
    return [...own, ...problems.filter((problem) => problem.path === path)];
  };
  const send = async (): Promise<boolean> => {
    try {
      const now = (await queries.ensureQueryData(configQuery)).config;
      const { errors } = await dryRun(now, checked);
      if (errors.length > 0) setRefused({ draft, problems: ours(errors) });
      return errors.length === 0 && (await run(change, true));
    } catch (error) {
      const { errors, message } = error as ApiError;
      setRefused({ draft, problems: errors.length > 0 ? errors : [{ path: '', message }] });
      return false;
    }
  };
  const problems = refused?.draft === draft ? refused.problems : ours(found.errors);
  return { problems, warnings: within(found.warnings, part), send, busy };
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
