/** The form of a new pool: only the fields it needs, as everything else has a default. */
import { Input, InputArea } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Config } from '../../api/config.ts';
import { addPool } from '../../changes/change.ts';
import { useFormChange } from '../../changes/dry-run.ts';
import { FormDialog } from '../../components/form-dialog.tsx';
import {
  EMPTY_POOL,
  POLICY_WORDS,
  type PoolDraft,
  poolOf,
  routeTo,
  urlProblems,
} from '../../model/pool-draft.ts';
import { inWords, messageAt, within } from '../../model/problems.ts';

/** What the form's parts need. */
interface PoolForm {
  readonly draft: PoolDraft;
  readonly set: (fields: Partial<PoolDraft>) => void;
  /** The API's message for a field that was edited. */
  readonly at: (field: keyof PoolDraft) => string | undefined;
  /** Messages that belong to no field. */
  readonly rest: readonly string[];
  readonly busy: boolean;
  /** Returns whether the form can be closed. */
  readonly submit: () => Promise<boolean>;
}

/** The state of the form. */
export function usePoolForm({ pools, routes }: Config): PoolForm {
  const [draft, setDraft] = useState(EMPTY_POOL);
  const [edited, setEdited] = useState<ReadonlySet<string>>(new Set());
  const change = useMemo(() => {
    const taken = routes.map(({ id }) => id);
    return addPool(poolOf(draft), routeTo(draft, taken));
  }, [draft, routes]);
  const { errors, isSubmitted, busy, submit } = useFormChange({ change, isEdited: edited.size > 0 });
  const ofPool = within(errors, `pools[${pools.length}]`);
  const ofRoute = within(errors, `routes[${routes.length}]`);
  const messages: Readonly<Record<keyof PoolDraft, string | undefined>> = {
    id: messageAt(ofPool, 'id'),
    urls: urlProblems(draft, ofPool),
    policy: messageAt(ofPool, 'policy'),
    host: messageAt(ofRoute, 'host') ?? messageAt(ofRoute, 'path'),
  };
  const isPlaced = Object.values(messages).some((message) => message !== undefined);
  return {
    draft,
    set: (fields) => {
      setEdited((before) => new Set([...before, ...Object.keys(fields)]));
      setDraft((before) => ({ ...before, ...fields }));
    },
    at: (field) => (edited.has(field) || isSubmitted ? messages[field] : undefined),
    rest: isSubmitted && !isPlaced ? errors.map(inWords) : [],
    busy,
    submit: async () => {
      // The document that the API accepted has every default: the pages can show it before the change is answered.
      const answer = await submit(({ config }) =>
        addPool(config.pools.at(-1)!, draft.host.trim() === '' ? null : config.routes.at(-1)!),
      );
      return answer !== 'refused';
    },
  };
}

interface PoolFieldsProps {
  readonly form: PoolForm;
  /** With policy and host; the first steps have a step of its own for the host. */
  readonly isWhole?: boolean;
}

/** Id and backends; with policy and host if the form is whole. */
export function PoolFields({ form: { draft, set, at }, isWhole = false }: PoolFieldsProps) {
  return (
    <>
      <Input
        label="ID"
        value={draft.id}
        onValueChange={(id: string) => set({ id })}
        placeholder="shop"
        description="Shown in lists and logs; cannot be changed later"
        error={at('id')}
        aria-invalid={at('id') !== undefined}
        autoFocus
        autoComplete="off"
        spellCheck={false}
      />
      <InputArea
        label="Backends, one URL per line"
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
            label="Host"
            value={draft.host}
            onValueChange={(host: string) => set({ host })}
            placeholder="shop.example.com"
            description="Also adds a route from this host to the pool; leave it empty to add none"
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

/** The form in a dialog, open while it is rendered; leads to the new pool's page. */
export function PoolDialog({ config, onClose }: { readonly config: Config; readonly onClose: () => void }) {
  const form = usePoolForm(config);
  const navigate = useNavigate();
  return (
    <FormDialog
      title="New pool"
      description="A pool is a set of interchangeable servers. Everything else has a default and can be changed later."
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
