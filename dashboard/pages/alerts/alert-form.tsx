/** Adds or edits an alert: checked by the API while it is typed, in the API's own words. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { AlertConfig } from '../../api/alerts.ts';
import { type JsonSchema, schemasQuery } from '../../api/openapi.ts';
import { putAlert } from '../../changes/change.ts';
import { useFormChange } from '../../changes/dry-run.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import { defaultsOf, fieldsOf } from '../../components/schema-form/fields.ts';
import { SchemaFields } from '../../components/schema-form/schema-fields.tsx';
import { useDraft } from '../../components/schema-form/use-draft.ts';
import { messageAt, splitProblems } from '../../model/problems.ts';

interface AlertFormProps {
  readonly alerts: readonly AlertConfig[];
  /** Null: a new one. */
  readonly alert: AlertConfig | null;
  readonly onClose: () => void;
}

/** Open while it is rendered. */
export function AlertForm(props: AlertFormProps) {
  const { data: schemas } = useQuery(schemasQuery);
  return schemas?.AlertInput ? <Form {...props} schema={schemas.AlertInput} /> : null;
}

function Form({ schema, alerts, alert, onClose }: AlertFormProps & { readonly schema: JsonSchema }) {
  const isNew = alert === null;
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const blank = useMemo(() => defaultsOf(fields) as AlertConfig, [fields]);
  const { draft, edited, edit } = useDraft(alert ?? blank);
  const [change, preview] = useMemo(() => {
    const put = putAlert(draft, isNew ? `Added alert ${draft.id}` : `Changed alert ${draft.id}`);
    const append = {
      ...put,
      apply: (config: Parameters<typeof put.apply>[0]) => ({ ...config, alerts: [...config.alerts, draft] }),
    };
    return [put, isNew ? append : put];
  }, [draft, isNew]);
  const { errors, isSubmitted, busy, submit } = useFormChange({ change, preview, isEdited: true });
  const index = isNew ? alerts.length : alerts.findIndex(({ id }) => id === alert.id);
  const { own, rest } = splitProblems(
    errors,
    `alerts[${index}]`,
    fields.map(({ path }) => path),
  );
  const shown = own.filter(
    (problem) => isSubmitted || edited.some((path) => messageAt([problem], path) !== undefined),
  );
  return (
    <FormDialog
      title={isNew ? 'New alert' : `Alert ${alert.id}`}
      description="What is sent where when something is wrong."
      action={isNew ? 'Add alert' : 'Save'}
      busy={busy}
      problems={isSubmitted ? rest : []}
      submit={async () => (await submit()) === 'done'}
      onClose={onClose}
    >
      <SchemaFields
        fields={fields}
        value={draft}
        onChange={edit}
        problems={shown}
        fixed={isNew ? [] : ['id']}
      />
    </FormDialog>
  );
}
