/** A pool's settings, in a form built from the schema that checks them; saving is one change. */
import { Button } from '@cloudflare/kumo/components/button';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useMemo } from 'react';
import type { Config, PoolConfig } from '../../api/config.ts';
import { schemasQuery } from '../../api/openapi.ts';
import { putPool } from '../../changes/change.ts';
import { useFormChange } from '../../changes/dry-run.ts';
import { Card } from '../../components/card.tsx';
import { fieldsOf, labelOf } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { useDraft } from '../../components/schema-form/use-draft.ts';
import { POLICY_WORDS } from '../../model/pool-draft.ts';
import { inWords, pathOf, within } from '../../model/problems.ts';

interface SettingsTabProps {
  readonly pool: PoolConfig;
  readonly config: Config;
}

/** The parts of a pool that are not settings. */
const OTHERS = ['id', 'backends'];

/** The form. */
export function SettingsTab({ pool, config }: SettingsTabProps) {
  const { data: schemas } = useQuery(schemasQuery);
  const { draft, edited, edit, discard } = useDraft(pool);
  const isEdited = edited.length > 0;
  const change = useMemo(
    () => (isEdited ? putPool(draft, `Changed ${edited.join(', ')} of ${draft.id}`) : null),
    [draft, edited, isEdited],
  );
  const { errors, busy, isSubmitted, submit } = useFormChange({ change, isEdited });
  if (!schemas?.PoolInput) return null;

  const part = pathOf(config, { pool: pool.id }) ?? '';
  const own = within(errors, part);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isEdited && (await submit()) === 'done') discard();
  };
  const others = config.pools.filter(({ id }) => id !== pool.id);
  return (
    <form onSubmit={onSubmit} noValidate aria-label={`Settings of ${pool.id}`}>
      <Card title="Settings">
        <div className="flex flex-col gap-6 p-4">
          <SchemaFields
            fields={fieldsOf(schemas.PoolInput, OTHERS)}
            value={draft}
            onChange={edit}
            problems={own}
            choices={{
              policy: POLICY_WORDS,
              whenUnavailable: {
                'fail-open': 'fail-open',
                reject: 'reject',
                ...Object.fromEntries(others.map(({ id }) => [`pool:${id}`, `pool ${id}`])),
              },
            }}
          />
        </div>
        <div className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 rounded-b-lg border-t border-kumo-line bg-kumo-base p-4">
          <span className="mr-auto text-kumo-subtle" role="status">
            {isEdited ? `Changed: ${edited.map(labelOf).join(', ')}` : 'No changes.'}
          </span>
          {isSubmitted && errors.length > own.length && (
            <span role="alert" className="text-kumo-danger">
              {errors.map(inWords).join('; ')}
            </span>
          )}
          <Button variant="secondary" disabled={!isEdited} onClick={discard}>
            Discard
          </Button>
          <Button type="submit" variant="primary" disabled={!isEdited} loading={busy}>
            Save
          </Button>
        </div>
      </Card>
    </form>
  );
}
