/** A new pool from wherever one is. */
import { useNavigate } from '@tanstack/react-router';
import type { Config } from '../../api/config.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import { PoolFields } from './pool-fields.tsx';
import { usePoolForm } from './use-pool-form.ts';

/** Open for as long as it is rendered; leads to the new pool's page. */
export function PoolDialog({ config, onClose }: { readonly config: Config; readonly onClose: () => void }) {
  const form = usePoolForm(config);
  const navigate = useNavigate();
  return (
    <FormDialog
      title="New pool"
      description="Servers that can stand in for each other. Everything else has a default, and can be changed later."
      action="Add pool"
      busy={form.busy}
      problems={form.rest}
      submit={form.submit}
      onClose={onClose}
      onDone={() => void navigate({ to: '/pools/$pool', params: { pool: form.draft.id.trim() } })}
    >
      <PoolFields form={form} isWhole />
    </FormDialog>
  );
}
