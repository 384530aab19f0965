/** The guide for an empty deployment: a pool, a route, a request. */

import { Input } from '@cloudflare/kumo/components/input';
import { CheckCircleIcon } from '@phosphor-icons/react';
import { Link } from '@tanstack/react-router';
import type { FormEvent, ReactNode } from 'react';
import type { Config } from '../../api/config.ts';
import { useRouteForm } from '../../changes/use-route-form.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { plural } from '../../model/format.ts';
import { messageAt } from '../../model/problems.ts';
import { FirstRequest } from './first-request.tsx';
import { PoolFields, usePoolForm } from './pool-form.tsx';

interface FirstStepsProps {
  readonly config: Config;
  readonly onDone: () => void;
}

/** Three steps; the form of the first unfinished step is open. */
export function FirstSteps({ config, onDone }: FirstStepsProps) {
  const route = config.routes[0];
  const pool = config.pools.find(({ id }) => id === route?.pool) ?? config.pools[0];
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <p className="text-kumo-subtle">
        {!pool && (
          <>
            Do you have a configuration already?{' '}
            <Link to="/settings" className="text-kumo-link underline">
              Import it
            </Link>
            .{' '}
          </>
        )}
        {route
          ? 'One step left: send a request.'
          : 'Three steps lead to the first balanced request. Everything can be changed later.'}
      </p>
      <ol className="flex flex-col gap-3">
        <Step
          number={1}
          title="A pool"
          text="A set of interchangeable servers."
          done={pool && `${pool.id}, ${plural(pool.backends.length, 'backend')}`}
          isOpen={!pool}
        >
          <AddPool config={config} />
        </Step>
        <Step
          number={2}
          title="A route"
          text="The host whose requests go to the pool."
          done={route && `${route.host} → ${route.pool}`}
          isOpen={pool !== undefined && !route}
        >
          {pool && <AddRoute config={config} pool={pool.id} />}
        </Step>
        <Step
          number={3}
          title="A request"
          text="Send it through the balancer from a terminal."
          isOpen={pool !== undefined && route !== undefined}
        >
          {route && <FirstRequest route={route} onDone={onDone} />}
        </Step>
      </ol>
    </div>
  );
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly text: string;
  /** The step's result. */
  readonly done?: string | undefined;
  /** Whether this is the current step. */
  readonly isOpen: boolean;
  readonly children: ReactNode;
}

function Step({ number, title, text, done, isOpen, children }: StepProps) {
  return (
    <li
      aria-current={isOpen ? 'step' : undefined}
      className={`flex gap-4 rounded-lg border border-kumo-line p-4 ${isOpen ? 'bg-kumo-base' : ''}`}
    >
      <span className="flex size-6 shrink-0 items-center justify-center" aria-hidden="true">
        {done === undefined ? (
          <span
            className={`flex size-6 items-center justify-center rounded-full border text-xs font-medium ${
              isOpen ? 'border-kumo-brand text-kumo-default' : 'border-kumo-line text-kumo-subtle'
            }`}
          >
            {number}
          </span>
        ) : (
          <CheckCircleIcon size={24} weight="fill" className="text-kumo-success" />
        )}
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-4">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h2 className={`text-base font-medium ${isOpen ? 'text-kumo-default' : 'text-kumo-subtle'}`}>
            {title}
          </h2>
          <p className="text-kumo-subtle">
            {done === undefined ? (
              text
            ) : (
              <>
                <span className="sr-only">done: </span>
                {done}
              </>
            )}
          </p>
        </div>
        {isOpen && children}
      </div>
    </li>
  );
}

/** Sends a form without leaving the page. */
const sending = (submit: () => Promise<unknown>) => (event: FormEvent) => {
  event.preventDefault();
  void submit();
};

function AddPool({ config }: { readonly config: Config }) {
  const form = usePoolForm(config);
  return (
    <form onSubmit={sending(form.submit)} noValidate className="flex flex-col gap-4">
      <PoolFields form={form} />
      <SubmitRow action="Add pool" busy={form.busy} problems={form.rest} />
    </form>
  );
}

function AddRoute({ config, pool }: { readonly config: Config; readonly pool: string }) {
  const form = useRouteForm(config, null, pool);
  const problem = messageAt(form.problems, 'host') ?? messageAt(form.problems, 'path');
  return (
    <form onSubmit={sending(form.submit)} noValidate className="flex flex-col gap-4">
      <Input
        label="Host"
        value={form.draft.host}
        onValueChange={(host: string) => form.edit('host', host)}
        placeholder="shop.example.com"
        error={problem}
        aria-invalid={problem !== undefined}
        autoFocus
        autoComplete="off"
        spellCheck={false}
      />
      <SubmitRow action="Add route" busy={form.busy} problems={form.rest} />
    </form>
  );
}

interface SubmitRowProps {
  readonly action: string;
  readonly busy: boolean;
  readonly problems: readonly string[];
}

function SubmitRow({ action, busy, problems }: SubmitRowProps) {
  return (
    <div className="flex flex-wrap items-center gap-3">
      <ChangeButton type="submit" variant="primary" loading={busy}>
        {action}
      </ChangeButton>
      {problems.length > 0 && (
        <p role="alert" className="min-w-0 flex-1 break-words text-kumo-danger">
          {problems.join('; ')}
        </p>
      )}
    </div>
  );
}
