/** The rollout of one route: begin it, watch both pools side by side, pause it, abort it, and what became of earlier ones. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { RouteConfig } from '../../api/config.ts';
import { eventsQuery } from '../../api/events.ts';
import { actOnRollout, type Rollout, rolloutQuery } from '../../api/rollout.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { State, type Tone } from '../../components/state.tsx';
import { TimeAndAgo } from '../../components/time-ago.tsx';
import { useNow } from '../../live/use-live.ts';
import { countdown, NONE } from '../../model/format.ts';
import { actorInWords, type RolloutEvent } from '../../model/timeline.ts';
import { RolloutForm } from './rollout-form.tsx';

interface RolloutDialogProps {
  readonly route: RouteConfig;
  readonly onClose: () => void;
}

/** Open while it is rendered. */
export function RolloutDialog({ route, onClose }: RolloutDialogProps) {
  const query = useQuery(rolloutQuery(route.id));
  const { data } = query;
  const isOpen = data?.state === 'running' || data?.state === 'paused';
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog size="xl" className="flex max-h-[92dvh] flex-col gap-5 overflow-y-auto p-6">
        <header className="flex flex-col gap-1">
          <Dialog.Title className="text-lg font-semibold">Rollout of route {route.id}</Dialog.Title>
          <Dialog.Description className="text-kumo-subtle">
            Moves the traffic to another pool of the split in steps. If that pool does badly, everything goes
            back.
          </Dialog.Description>
        </header>
        {query.error ? (
          <QueryError what="The rollout" query={query} />
        ) : data === undefined ? (
          <Skeleton lines={6} />
        ) : (
          <>
            {data !== null && <Progress rollout={data} />}
            {!isOpen && <RolloutForm route={route} />}
            <Past route={route.id} />
          </>
        )}
        <Button variant="secondary" className="self-end" onClick={onClose}>
          Close
        </Button>
      </Dialog>
    </Dialog.Root>
  );
}

const TONES: Readonly<Record<Rollout['state'], Tone>> = {
  running: 'warning',
  paused: 'off',
  done: 'good',
  aborted: 'bad',
};

function Progress({ rollout }: { readonly rollout: Rollout }) {
  const { state, to, steps, step, share, why, since } = rollout;
  const isOpen = state === 'running' || state === 'paused';
  return (
    <section aria-label="How it goes on" className="flex flex-col gap-3">
      <p role="status" className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-kumo-default">
        <State tone={TONES[state]}>{state}</State>
        <span>
          pool {to} gets {share} %, step {step} of {steps.length}
        </span>
        <span className="text-kumo-subtle">
          since <TimeAndAgo at={since} />
        </span>
        {state === 'running' && <Next nextAt={rollout.nextAt} />}
      </p>
      {why !== '' && <p className={state === 'aborted' ? 'text-kumo-danger' : 'text-kumo-subtle'}>{why}</p>}
      <ol aria-label="Steps" className="flex flex-wrap gap-2">
        {steps.map((one, i) => (
          <li
            key={one}
            aria-current={isOpen && i + 1 === step ? 'step' : undefined}
            className={`rounded-md border px-2 py-1 ${
              i + 1 < step || state === 'done'
                ? 'border-kumo-line bg-kumo-tint text-kumo-default'
                : isOpen && i + 1 === step
                  ? 'border-kumo-brand font-medium text-kumo-default'
                  : 'border-kumo-line text-kumo-subtle'
            }`}
          >
            {one} %
          </li>
        ))}
      </ol>
      <SideBySide rollout={rollout} />
      {isOpen && <Actions rollout={rollout} />}
    </section>
  );
}

function Next({ nextAt }: { readonly nextAt: number | null }) {
  const now = useNow();
  if (nextAt === null) return null;
  return <span className="text-kumo-subtle">next step in {countdown(nextAt, now)}</span>;
}

/** What clients received from each pool since the step began. */
function SideBySide({ rollout: { seen, to, abortWhen } }: { readonly rollout: Rollout }) {
  const pools = Object.entries(seen);
  if (pools.length === 0) return <p className="text-kumo-subtle">No figures of this step yet.</p>;
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-96">
        <caption className="sr-only">What clients received since the step began, by pool</caption>
        <thead>
          <tr className="text-left text-xs text-kumo-subtle">
            {['Pool', 'Requests', 'Failed', '95 % within'].map((name) => (
              <th key={name} scope="col" className="py-1 pr-4 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {pools.map(([pool, { requests, failedPercent, p95Ms }]) => (
            <tr key={pool} className="border-t border-kumo-line">
              <th scope="row" className="py-1 pr-4 text-left font-normal text-kumo-default">
                {pool}
                {pool === to && <span className="text-kumo-subtle"> (new)</span>}
              </th>
              <td className="py-1 pr-4">{requests}</td>
              <td
                className={`py-1 pr-4 ${pool === to && (failedPercent ?? 0) > abortWhen.failedPercent ? 'text-kumo-danger' : ''}`}
              >
                {failedPercent === null ? NONE : `${failedPercent} %`}
              </td>
              <td className="py-1">{p95Ms === null ? NONE : `${p95Ms} ms`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Actions({ rollout: { route, state } }: { readonly rollout: Rollout }) {
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (action: 'pause' | 'resume' | 'abort') => actOnRollout(route, action),
    onSuccess: (rollout) => queries.setQueryData(rolloutQuery(route).queryKey, rollout),
  });
  const other = state === 'running' ? 'pause' : 'resume';
  return (
    <div className="flex flex-wrap items-center gap-2">
      <ChangeButton variant="secondary" loading={act.isPending} onClick={() => act.mutate(other)}>
        {other === 'pause' ? 'Pause' : 'Resume'}
      </ChangeButton>
      <ChangeButton
        variant="secondary-destructive"
        loading={act.isPending}
        onClick={() => act.mutate('abort')}
      >
        Abort and put everything back
      </ChangeButton>
      {act.error && (
        <span role="alert" className="text-kumo-danger">
          {act.error.message}
        </span>
      )}
    </div>
  );
}

/** Events of this route's rollouts that are shown. */
const SHOWN = 20;

function Past({ route }: { readonly route: string }) {
  const { data } = useQuery(eventsQuery);
  const events = (data?.events ?? [])
    .filter((event): event is RolloutEvent => 'route' in event && event.route === route)
    .slice(0, SHOWN);
  if (events.length === 0) return null;
  return (
    <details>
      <summary className="cursor-pointer font-medium text-kumo-default">What happened</summary>
      <ol className="flex flex-col gap-1 pt-2">
        {events.map(({ id, at, kind, to, step, share, who, why }) => (
          <li key={id} className="flex flex-wrap gap-x-3 text-kumo-subtle">
            <span className="whitespace-nowrap">
              <TimeAndAgo at={at} />
            </span>
            <span className="text-kumo-default">
              {kind.replace('rollout-', '')}: {to} at {share} %, step {step}
            </span>
            {why !== '' && <span>{why}</span>}
            <span>by {actorInWords(who)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
