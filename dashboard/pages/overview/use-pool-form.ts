/** The state of a new pool's form: its draft, what the API says of it, and how it is sent. */
import { useMemo, useState } from 'react';
import type { Config } from '../../api/config.ts';
import { checkDocument } from '../../api/document-check.ts';
import { addPool } from '../../changes/add-pool.ts';
import { tellFailed } from '../../changes/toasts.ts';
import { useChange } from '../../changes/use-change.ts';
import { useFindings } from '../../changes/use-findings.ts';
import { EMPTY_POOL, type PoolDraft, poolOf, routeTo, urlProblems } from '../../model/pool-draft.ts';
import { messageAt, within } from '../../model/problems.ts';

/** What the form's parts need. */
export interface PoolForm {
  readonly draft: PoolDraft;
  readonly set: (fields: Partial<PoolDraft>) => void;
  /** The API's message for a field that was touched. */
  readonly at: (field: keyof PoolDraft) => string | undefined;
  /** Messages that belong to no field. */
  readonly rest: readonly string[];
  readonly busy: boolean;
  /** Returns whether the pool was added, or the question whose change shall stand has it now. */
  readonly submit: () => Promise<boolean>;
}

/** The form of a pool that is not there yet. */
export function usePoolForm(config: Config): PoolForm {
  const [draft, setDraft] = useState(EMPTY_POOL);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [isSubmitted, setSubmitted] = useState(false);
  const { run, busy } = useChange();
  const change = useMemo(
    () =>
      addPool(
        poolOf(draft),
        routeTo(
          draft,
          config.routes.map(({ id }) => id),
        ),
      ),
    [draft, config.routes],
  );
  const { errors, note } = useFindings(change, touched.size > 0);
  const ofPool = within(errors, `pools[${config.pools.length}]`);
  const ofRoute = within(errors, `routes[${config.routes.length}]`);
  const messages: Readonly<Record<keyof PoolDraft, string | undefined>> = {
    id: messageAt(ofPool, 'id'),
    urls: urlProblems(draft, ofPool),
    policy: messageAt(ofPool, 'policy'),
    host: messageAt(ofRoute, 'host') ?? messageAt(ofRoute, 'path'),
  };
  const isTold = Object.values(messages).some((message) => message !== undefined);

  return {
    draft,
    set: (fields) => {
      setTouched((before) => new Set([...before, ...Object.keys(fields)]));
      setDraft((before) => ({ ...before, ...fields }));
    },
    at: (field) => (touched.has(field) || isSubmitted ? messages[field] : undefined),
    rest: isSubmitted && !isTold ? errors.map(({ path, message }) => `${path} ${message}`) : [],
    busy,
    submit: async () => {
      setSubmitted(true);
      try {
        const checked = await checkDocument(change.apply(config));
        note(checked.ok ? [] : checked.errors);
        if (!checked.ok) return false;
        // What the API made of it has every default: the pages show it before the answer to the change is there.
        const pool = checked.config.pools.at(-1)!;
        const route = draft.host.trim() === '' ? null : checked.config.routes.at(-1)!;
        await run(addPool(pool, route));
        return true;
      } catch (error) {
        tellFailed(`Not done: ${change.label}`, (error as Error).message);
        return false;
      }
    },
  };
}
