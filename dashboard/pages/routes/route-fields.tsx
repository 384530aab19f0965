/** The fields of a route's form that say what it matches and where it leads. */
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { Switch } from '@cloudflare/kumo/components/switch';
import type { PoolConfig } from '../../api/config.ts';
import type { RouteDraft } from './route-draft.ts';
import { AFFINITY_WORDS } from './route-list.ts';
import type { RouteForm } from './use-route-form.ts';

interface FieldsProps {
  readonly form: RouteForm;
  readonly pools: readonly PoolConfig[];
}

type Texts = {
  [K in keyof RouteDraft]: RouteDraft[K] extends string ? (string extends RouteDraft[K] ? K : never) : never;
}[keyof RouteDraft];

interface TextFieldProps {
  readonly form: RouteForm;
  readonly field: Texts;
  readonly label: string;
  readonly description?: string;
  readonly placeholder?: string;
  readonly isNumber?: boolean;
  readonly autoFocus?: boolean;
}

/** A field of the draft that is typed. */
export function TextField({
  form,
  field,
  label,
  description,
  placeholder,
  isNumber,
  autoFocus,
}: TextFieldProps) {
  return (
    <Input
      label={label}
      value={form.draft[field]}
      onValueChange={(value: string) => form.set({ [field]: value })}
      error={form.at(field)}
      aria-invalid={form.at(field) !== undefined}
      description={form.at(field) === undefined ? description : undefined}
      placeholder={placeholder}
      inputMode={isNumber ? 'decimal' : undefined}
      autoFocus={autoFocus}
      autoComplete="off"
      spellCheck={false}
    />
  );
}

/** Host, path, name and pool. */
export function RouteFields({ form, pools }: FieldsProps) {
  const { draft, set, at, isNew } = form;
  return (
    <>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          form={form}
          field="host"
          label="Host"
          placeholder="shop.example.com"
          description="Exact, or *.example.com for every host below"
          autoFocus={isNew}
        />
        <TextField
          form={form}
          field="path"
          label="Path"
          description="A prefix: /api takes /api/orders, not /apis"
        />
        <Select
          label="Pool"
          value={draft.pool}
          onValueChange={(pool) => set({ pool: pool ?? '' })}
          items={Object.fromEntries(pools.map(({ id }) => [id, id]))}
          error={at('pool')}
          placeholder="Choose a pool"
          className="w-full"
        />
        {isNew && (
          <TextField form={form} field="id" label="Name" description="In lists and logs; it stays as it is" />
        )}
      </div>
      <Switch
        label="Strip the path before the request is sent on"
        checked={draft.stripPrefix}
        onCheckedChange={(stripPrefix: boolean) => set({ stripPrefix })}
      />
      <Switch
        label="Redirects to a backend's own URL lead to this host"
        checked={draft.rewriteLocation}
        onCheckedChange={(rewriteLocation: boolean) => set({ rewriteLocation })}
      />
      <Affinity form={form} />
    </>
  );
}

/** How clients stay with a backend; the cookie's settings only where there is a cookie. */
function Affinity({ form }: { readonly form: RouteForm }) {
  const { draft, set, at } = form;
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Select
        label="Affinity"
        value={draft.affinity}
        onValueChange={(affinity) => affinity && set({ affinity })}
        items={AFFINITY_WORDS}
        error={at('affinity')}
        description="Whether a client stays with its backend"
        className="w-full"
      />
      {draft.affinity.startsWith('cookie') && (
        <>
          <TextField form={form} field="cookieName" label="Cookie name" />
          <TextField form={form} field="cookieTtlSeconds" label="Cookie lives for (s)" isNumber />
          <Select
            label="Cookie SameSite"
            value={draft.cookieSameSite}
            onValueChange={(cookieSameSite) => cookieSameSite && set({ cookieSameSite })}
            items={{ Lax: 'Lax', Strict: 'Strict', None: 'None' }}
            error={at('cookieSameSite')}
            className="w-full"
          />
        </>
      )}
    </div>
  );
}
