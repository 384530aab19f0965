/** The form of a route, new or there already. */
import type { Config, RouteConfig } from '../../api/config.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import { RouteFields } from './route-fields.tsx';
import { overrides } from './route-list.ts';
import { RouteOverrides } from './route-overrides.tsx';
import { useRouteForm } from './use-route-form.ts';

interface RouteDialogProps {
  readonly config: Config;
  /** Null: a new one. */
  readonly route: RouteConfig | null;
  readonly onClose: () => void;
}

/** Open for as long as it is rendered. */
export function RouteDialog({ config, route, onClose }: RouteDialogProps) {
  const form = useRouteForm(config, route);
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
      <RouteFields form={form} pools={config.pools} />
      <details open={route !== null && overrides(route).length > 0}>
        <summary className="cursor-pointer font-medium text-kumo-default">
          Overrides, headers and logs
        </summary>
        <div className="flex flex-col gap-6 pt-4">
          <RouteOverrides form={form} pool={config.pools.find(({ id }) => id === form.draft.pool)} />
        </div>
      </details>
    </FormDialog>
  );
}
