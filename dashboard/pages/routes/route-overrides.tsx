/** The fields of a route's form that override its pool, and what it tells clients and logs. */
import { Select } from '@cloudflare/kumo/components/select';
import { Switch } from '@cloudflare/kumo/components/switch';
import type { PoolConfig } from '../../api/config.ts';
import type { Repeats } from './route-draft.ts';
import { TextField } from './route-fields.tsx';
import type { RouteForm } from './use-route-form.ts';

const REPEATS: Readonly<Record<Repeats, string>> = {
  pool: 'As the pool',
  no: 'No',
  yes: 'Yes',
  key: 'With an Idempotency-Key',
};

interface OverridesProps {
  readonly form: RouteForm;
  /** The pool that it leads to: what holds where a field is left empty. */
  readonly pool: PoolConfig | undefined;
}

/** Timeout, retries, headers and logs. */
export function RouteOverrides({ form, pool }: OverridesProps) {
  const { draft, set, at } = form;
  const asPool = (value: unknown) => (pool ? `as the pool: ${value}` : 'as the pool');
  return (
    <>
      <fieldset className="flex flex-col gap-4">
        <legend className="mb-3 font-medium text-kumo-default">Instead of what the pool says</legend>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            form={form}
            field="timeoutMs"
            label="Timeout (ms)"
            placeholder={asPool(pool?.timeoutMs)}
            description="To the response headers"
            isNumber
          />
          <TextField
            form={form}
            field="maxRetries"
            label="Retries at most"
            placeholder={asPool(pool?.retry.maxRetries)}
            description="0: never at another backend"
            isNumber
          />
          <TextField
            form={form}
            field="retryOn"
            label="Retry on"
            placeholder="as the pool"
            description="Such as timeout, 503, or «nothing»"
          />
          <Select
            label="Repeat POST and PATCH"
            value={draft.repeats}
            onValueChange={(repeats) => repeats && set({ repeats })}
            items={REPEATS}
            error={at('repeats')}
            className="w-full"
          />
          <TextField
            form={form}
            field="budgetPercent"
            label="Retry budget (%)"
            placeholder={asPool(pool?.retry.budgetPercent)}
            isNumber
          />
          <TextField
            form={form}
            field="bodyLimitBytes"
            label="Bodies kept for a retry (bytes)"
            placeholder={asPool(pool?.retry.bodyLimitBytes)}
            isNumber
          />
        </div>
      </fieldset>
      <fieldset className="flex flex-col gap-4">
        <legend className="mb-3 font-medium text-kumo-default">What it tells</legend>
        <Switch
          label="X-Backend-* response headers"
          checked={draft.debugHeaders}
          onCheckedChange={(debugHeaders: boolean) => set({ debugHeaders })}
        />
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            form={form}
            field="logSampleRate"
            label="Share of successes logged (0 to 1)"
            description="Failures and retries always are"
            isNumber
          />
        </div>
      </fieldset>
    </>
  );
}
