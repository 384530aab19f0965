/** A pool's settings, in a form built from the schema that checks them; saving is one change. */

import { Button } from '@cloudflare/kumo/components/button';
import { useQuery } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { type FormEvent, useMemo } from 'react';
import type { Config, PoolConfig } from '../../api/config.ts';
import { schemasQuery } from '../../api/openapi.ts';
import { putPool } from '../../changes/change.ts';
import { useFormChange } from '../../changes/dry-run.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { QuestionDialog } from '../../components/question-dialog.tsx';
import { type Field, fieldsOf, isChanged, labelOf, valueAt } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { useDraft } from '../../components/schema-form/use-draft.ts';
import { POLICY_WORDS } from '../../model/pool-draft.ts';
import { inWords, pathOf, within } from '../../model/problems.ts';

interface SettingsTabProps {
  readonly pool: PoolConfig;
  readonly config: Config;
}

/** The tab that an address names. */
const tabOf = ({ search }: { readonly search: object }): unknown => 'tab' in search && search.tab;

/** The parts of a pool that are not settings. */
const OTHERS = ['id', 'backends'];

/** The settings by what they decide; those that are in no section are in the last one. */
const SECTIONS: readonly { readonly title: string; readonly keys: readonly string[] }[] = [
  { title: 'Choosing a backend', keys: ['policy', 'hashKey', 'slowStartMs'] },
  { title: 'Waiting and failing', keys: ['timeoutMs', 'whenUnavailable'] },
  { title: '', keys: ['retry', 'ejection', 'healthCheck'] },
];

/** The sections with their fields; the hash key only where it is used. */
function sectionsOf(fields: readonly Field[], { policy }: PoolConfig) {
  const shown = fields.filter(({ path }) => path !== 'hashKey' || policy === 'hash');
  const listed = SECTIONS.flatMap(({ keys }) => keys);
  const rest = shown.filter(({ path }) => !listed.includes(path));
  return [
    ...SECTIONS.map(({ title, keys }) => ({
      title,
      fields: keys.flatMap((key) => shown.find(({ path }) => path === key) ?? []),
    })),
    { title: 'Objects and leases', fields: rest },
  ].filter((section) => section.fields.length > 0);
}

/** The labels of the settings that are not the default. */
const changedLabels = (fields: readonly Field[], pool: PoolConfig): string[] =>
  fields.flatMap((field) =>
    field.kind === 'group'
      ? changedLabels(field.fields, pool)
      : isChanged(field, valueAt(pool, field.path))
        ? [field.label]
        : [],
  );

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
  const leaving = useBlocker({
    // Another tab of the page or another filter of the same page does not lose them; another page does.
    shouldBlockFn: ({ current, next }) =>
      isEdited && (current.pathname !== next.pathname || tabOf(current) !== tabOf(next)),
    enableBeforeUnload: isEdited,
    withResolver: true,
  });
  if (!schemas?.PoolInput) return null;

  const part = pathOf(config, { pool: pool.id }) ?? '';
  const problems = within(errors, part);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isEdited && (await submit()) === 'done') discard();
  };
  const fields = fieldsOf(schemas.PoolInput, OTHERS);
  const changed = changedLabels(fields, pool);
  const others = config.pools.filter(({ id }) => id !== pool.id);
  return (
    <form onSubmit={onSubmit} noValidate aria-label={`Settings of ${pool.id}`}>
      <Card title="Settings">
        <div className="flex flex-col gap-6 p-4">
          <p className="-mt-2 text-kumo-subtle">
            {changed.length === 0
              ? 'Every setting in force has its default.'
              : `${changed.length} of the settings in force differ from the defaults: ${changed.join(', ')}.`}
          </p>
          {sectionsOf(fields, draft).map(({ title, fields: own }) => (
            <section
              key={title}
              className={title ? 'flex flex-col gap-3 border-t border-kumo-line pt-4' : 'flex flex-col gap-6'}
            >
              {title && <h3 className="font-medium text-kumo-default">{title}</h3>}
              <SchemaFields
                fields={own}
                value={draft}
                onChange={edit}
                problems={problems}
                choices={{
                  policy: POLICY_WORDS,
                  whenUnavailable: {
                    'fail-open': 'ask the ejected ones (fail-open)',
                    reject: 'answer 503 (reject)',
                    ...Object.fromEntries(others.map(({ id }) => [`pool:${id}`, `use pool ${id}`])),
                  },
                }}
              />
            </section>
          ))}
        </div>
        <div className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 rounded-b-lg border-t border-kumo-line bg-kumo-base p-4">
          <span className="mr-auto text-kumo-subtle" role="status">
            {isEdited ? `Changed: ${edited.map(labelOf).join(', ')}` : 'No changes.'}
          </span>
          {isSubmitted && errors.length > problems.length && (
            <span role="alert" className="text-kumo-danger">
              {errors.map(inWords).join('; ')}
            </span>
          )}
          <Button variant="secondary" disabled={!isEdited} onClick={discard}>
            Discard
          </Button>
          <ChangeButton type="submit" variant="primary" disabled={!isEdited} loading={busy}>
            Save
          </ChangeButton>
        </div>
      </Card>
      <QuestionDialog
        question={
          leaving.status === 'blocked'
            ? {
                title: 'Leave without saving?',
                consequence: `These changes would be lost: ${edited.map(labelOf).join(', ')}.`,
                confirm: 'Discard and leave',
                act: leaving.proceed,
              }
            : null
        }
        onClose={() => leaving.reset?.()}
      />
    </form>
  );
}
