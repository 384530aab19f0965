/** The fields of a new pool: as few as it takes, for everything else has a default. */
import { Input, InputArea } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { POLICY_WORDS } from '../../model/pool-draft.ts';
import type { PoolForm } from './use-pool-form.ts';

interface PoolFieldsProps {
  readonly form: PoolForm;
  /** Policy and host too; the first steps ask for the host in a step of its own. */
  readonly isWhole?: boolean;
}

/** Name and backends; policy and host where the form is whole. */
export function PoolFields({ form: { draft, set, at }, isWhole = false }: PoolFieldsProps) {
  return (
    <>
      <Input
        label="Name"
        value={draft.id}
        onValueChange={(id: string) => set({ id })}
        placeholder="shop"
        error={at('id')}
        aria-invalid={at('id') !== undefined}
        autoFocus
        autoComplete="off"
        spellCheck={false}
      />
      <InputArea
        label="Backends, one URL a line"
        value={draft.urls}
        onValueChange={(urls: string) => set({ urls })}
        placeholder={'https://a.example.net\nhttps://b.example.net'}
        error={at('urls')}
        aria-invalid={at('urls') !== undefined}
        rows={3}
        spellCheck={false}
        className="font-mono text-[13px]"
      />
      {isWhole && (
        <>
          <Select
            label="Policy"
            value={draft.policy}
            onValueChange={(policy) => policy && set({ policy })}
            items={POLICY_WORDS}
            error={at('policy')}
            className="w-full"
          />
          <Input
            label="Host that leads to it"
            value={draft.host}
            onValueChange={(host: string) => set({ host })}
            placeholder="shop.example.com"
            description="Makes a route too. Left empty, none"
            error={at('host')}
            aria-invalid={at('host') !== undefined}
            required={false}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
    </>
  );
}
