/** Begins a rollout: to which pool, in which steps, and when to put everything back. */
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Unchecked } from '../../api/client.ts';
import type { RouteConfig } from '../../api/config.ts';
import { rolloutQuery, startRollout } from '../../api/rollout.ts';
import { ChangeButton } from '../../components/change-button.tsx';

/** The defaults of the API, in the units that people think in. */
const DEFAULTS = {
  steps: '1, 5, 25, 50, 100',
  minutes: '5',
  failedPercent: '1',
  p95Ms: '',
  minRequests: '50',
};

/** The form. The API checks what is typed, in its own words. */
export function RolloutForm({ route }: { readonly route: RouteConfig }) {
  const queries = useQueryClient();
  const pools = route.split?.pools ?? [];
  // Most often the one that has the least.
  const least = pools.toSorted((a, b) => a.weight - b.weight)[0]?.pool ?? '';
  const [to, setTo] = useState(least);
  const [draft, setDraft] = useState(DEFAULTS);
  const start = useMutation({
    mutationFn: () => startRollout(route.id, new Unchecked(inputOf(to, draft))),
    onSuccess: (rollout) => queries.setQueryData(rolloutQuery(route.id).queryKey, rollout),
  });
  const field = (name: keyof typeof DEFAULTS, label: string, description: string) => (
    <Input
      label={label}
      description={description}
      value={draft[name]}
      onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
      autoComplete="off"
    />
  );
  if (pools.length < 2)
    return (
      <p className="text-kumo-subtle">
        A rollout needs a route with a split of two pools or more: edit the route, and give the new pool
        weight 0.
      </p>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <form onSubmit={submit} noValidate aria-label="Begin a rollout" className="flex flex-col gap-4">
      <h3 className="font-medium text-kumo-default">Begin a rollout</h3>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,220px),1fr))] items-start gap-4">
        <Select
          label="To pool"
          value={to}
          onValueChange={(pool) => setTo(pool ?? least)}
          items={pools.map(({ pool }) => ({ value: pool, label: pool }))}
        />
        {field('steps', 'Steps', 'Per cent of the requests, separated by commas')}
        {field(
          'minutes',
          'Minutes a step',
          'Each step is judged at its end, and as soon as it has enough requests',
        )}
        {field('failedPercent', 'Failed at most', 'Per cent of the responses that may be 5xx')}
        {field('p95Ms', 'Slowest allowed', 'Milliseconds within which 95 % must be answered; empty: any')}
        {field('minRequests', 'Requests at least', 'With fewer requests a step waits')}
      </div>
      {start.error && (
        <p role="alert" className="text-kumo-danger">
          {start.error.message}
        </p>
      )}
      <ChangeButton type="submit" variant="primary" className="self-start" loading={start.isPending}>
        Begin rollout
      </ChangeButton>
    </form>
  );
}

/** The body of the request; what is no number stays text, which the API refuses with its reason. */
function inputOf(to: string, draft: typeof DEFAULTS): unknown {
  const number = (text: string): unknown =>
    text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  const minutes = number(draft.minutes);
  return {
    to,
    steps: draft.steps.split(',').map((step) => number(step.trim())),
    intervalMs: typeof minutes === 'number' ? Math.round(minutes * 60_000) : minutes,
    abortWhen: {
      failedPercent: number(draft.failedPercent),
      p95Ms: draft.p95Ms.trim() === '' ? null : number(draft.p95Ms),
      minRequests: number(draft.minRequests),
    },
  };
}
