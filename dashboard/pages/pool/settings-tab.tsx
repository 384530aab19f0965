/** A pool's settings in a form built from the schema that checks them; saving is one change. */
import { Button } from '@cloudflare/kumo/components/button';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import type { ApiError } from '../../api/client.ts';
import type { Config, PoolConfig } from '../../api/config.ts';
import { schemasQuery } from '../../api/openapi.ts';
import { putPool } from '../../changes/change.ts';
import { pathOf, useDryRun } from '../../changes/dry-run.ts';
import { useChange } from '../../changes/use-change.ts';
import { Card } from '../../components/card.tsx';
import { fieldsOf, valueAt, withValue } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { within } from '../../model/problems.ts';

interface SettingsTabProps {
  readonly pool: PoolConfig;
  readonly config: Config;
}

/** What the other tab is for. */
const ELSEWHERE = ['id', 'backends'];

type Edits = Readonly<Record<string, unknown>>;

/** The form. Only what was edited is kept: what others change meanwhile stays as they made it. */
export function SettingsTab({ pool, config }: SettingsTabProps) {
  const { data: schemas } = useQuery(schemasQuery);
  const [edits, setEdits] = useState<Edits>({});
  const edited = useMemo(() => edit(pool, edits), [pool, edits]);
  const paths = Object.keys(edits);
  const { problems, save, busy } = useSaving(edited, config, paths);
  if (!schemas?.PoolInput) return null;

  const change = (path: string, value: unknown) =>
    setEdits(({ [path]: _, ...others }) =>
      same(value, valueAt(pool, path)) ? others : { ...others, [path]: value },
    );
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (paths.length > 0 && (await save())) setEdits({});
  };
  const others = config.pools.filter(({ id }) => id !== pool.id).map(({ id }) => `pool:${id}`);
  return (
    <form onSubmit={submit} noValidate aria-label={`Settings of ${pool.id}`}>
      <Card title="Settings">
        <div className="flex flex-col gap-6 p-4">
          <SchemaFields
            fields={fieldsOf(schemas.PoolInput, ELSEWHERE)}
            value={edited}
            onChange={change}
            problems={problems}
            choices={{ whenUnavailable: ['fail-open', 'reject', ...others] }}
          />
        </div>
        <div className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 rounded-b-lg border-t border-kumo-line bg-kumo-base p-4">
          <span className="mr-auto text-kumo-subtle" role="status">
            {paths.length === 0 ? 'Nothing changed.' : `Changed: ${paths.join(', ')}`}
          </span>
          <Button variant="secondary" disabled={paths.length === 0} onClick={() => setEdits({})}>
            Discard
          </Button>
          <Button type="submit" variant="primary" disabled={paths.length === 0} loading={busy}>
            Save
          </Button>
        </div>
      </Card>
    </form>
  );
}

function useSaving(edited: PoolConfig, config: Config, paths: readonly string[]) {
  const { run, busy } = useChange();
  const [refused, setRefused] = useState<{ pool: PoolConfig; problems: readonly Problem[] } | null>(null);
  const label = `Changed ${paths.join(', ')} of ${edited.id}`;
  const isDirty = paths.length > 0;
  const change = useMemo(() => (isDirty ? putPool(edited, label) : null), [edited, label, isDirty]);
  const found = useDryRun(change);
  const save = async (): Promise<boolean> => {
    if (!change) return false;
    try {
      return await run(change, true);
    } catch (error) {
      const { errors, message } = error as ApiError;
      setRefused({ pool: edited, problems: errors.length > 0 ? errors : [{ path: '', message }] });
      return false;
    }
  };
  const problems =
    refused?.pool === edited
      ? refused.problems
      : within(found.errors, pathOf(config, { pool: edited.id }) ?? '');
  return { problems, save, busy };
}

const edit = (pool: PoolConfig, edits: Edits): PoolConfig =>
  Object.entries(edits).reduce((edited, [path, value]) => withValue(edited, path, value), pool);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
