/** The health checks of a pool: a strip of the last fifty for each backend, and the actions check now and return now. */
import { Button } from '@cloudflare/kumo/components/button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { memo, useEffect, useState } from 'react';
import { type BackendHealth, type Check, checkNow, checksQuery, returnNow } from '../../api/checks.ts';
import type { PoolConfig } from '../../api/config.ts';
import type { BackendStatus, PoolSample } from '../../api/status.ts';
import { toastError, toastSuccess } from '../../changes/toasts.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { State, type Tone, toneBar } from '../../components/state.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { barTitle, checkInWords, RESULT_WORDS, STRIP, stripLabel, withLatest } from '../../model/checks.ts';
import { duration, NONE, plural } from '../../model/format.ts';

interface ChecksCardProps {
  readonly pool: PoolConfig;
  readonly poolSample: PoolSample | undefined;
}

/** Backends shown at first: each fetches its own strip. */
const SHOWN = 20;
/** What an operator should look at comes first. */
const ORDER: readonly BackendHealth['state'][] = ['unhealthy', 'unknown', 'healthy'];

/** The card; nothing for a pool without health checks and without an ejected backend. */
export function ChecksCard({ pool, poolSample }: ChecksCardProps) {
  const [isWhole, setIsWhole] = useState(false);
  const statuses = (poolSample?.status.backends ?? []).filter(
    ({ ejectedUntil }) => pool.healthCheck !== null || ejectedUntil !== null,
  );
  if (statuses.length === 0) return null;
  const sorted = statuses.toSorted((a, b) => ORDER.indexOf(a.health.state) - ORDER.indexOf(b.health.state));
  const shown = isWhole ? sorted : sorted.slice(0, SHOWN);
  const hidden = sorted.length - shown.length;
  return (
    <Card title={pool.healthCheck ? 'Health checks' : 'Ejected backends'}>
      <ul aria-label={`Health of the backends of ${pool.id}`} className="flex flex-col p-4 pt-2">
        {shown.map((status) => (
          <BackendChecks
            key={status.id}
            pool={pool.id}
            status={status}
            isChecked={pool.healthCheck !== null}
          />
        ))}
      </ul>
      {hidden > 0 && (
        <div className="px-4 pb-4">
          <Button size="sm" variant="secondary" onClick={() => setIsWhole(true)}>
            Show {plural(hidden, 'more backend', 'more backends')}
          </Button>
        </div>
      )}
    </Card>
  );
}

interface BackendChecksProps {
  readonly pool: string;
  readonly status: BackendStatus;
  readonly isChecked: boolean;
}

function BackendChecks({ pool, status, isChecked }: BackendChecksProps) {
  const { id, health } = status;
  return (
    <li
      aria-label={`Health of ${id}`}
      className="grid grid-cols-1 items-center gap-x-4 gap-y-1 border-t border-kumo-line py-2 first:border-t-0 md:grid-cols-[minmax(6rem,1fr)_minmax(11rem,1fr)_minmax(12rem,2fr)_auto]"
    >
      <span className="truncate font-medium text-kumo-default" title={id}>
        {id}
      </span>
      {isChecked ? <HealthState health={health} /> : <State tone="bad">ejected</State>}
      {isChecked ? <Strip pool={pool} backend={id} health={health} /> : <span />}
      <Actions pool={pool} status={status} isChecked={isChecked} />
    </li>
  );
}

const TONES: Readonly<Record<BackendHealth['state'], Tone>> = {
  healthy: 'good',
  unhealthy: 'bad',
  unknown: 'off',
};

/** The verdict, since when, and the last result. */
function HealthState({ health }: { readonly health: BackendHealth }) {
  const { state, since, lastResult, lastMs, consecutive } = health;
  const inRow = consecutive > 1 ? ` × ${consecutive}` : '';
  return (
    <span className="flex min-w-0 flex-col">
      <State tone={TONES[state]}>{state === 'unknown' ? 'no verdict yet' : state}</State>
      <span className="text-sm text-kumo-subtle">
        {since !== null && (
          <>
            changed <TimeAgo at={since} />
            {', '}
          </>
        )}
        {lastResult === null ? NONE : `${RESULT_WORDS[lastResult]}${inRow}, ${duration(lastMs)}`}
      </span>
    </span>
  );
}

interface StripProps {
  readonly pool: string;
  readonly backend: string;
  readonly health: BackendHealth;
}

const NO_CHECKS: readonly Check[] = [];

/** The last fifty checks, the newest on the right. They are read once; then each status brings the last one. */
const Strip = memo(function Strip({ pool, backend, health }: StripProps) {
  const queries = useQueryClient();
  const query = checksQuery(pool, backend);
  const { data: checks = NO_CHECKS } = useQuery(query);
  const { lastCheckAt } = health;
  useEffect(() => {
    if (lastCheckAt === null) return;
    queries.setQueryData(checksQuery(pool, backend).queryKey, (known) => known && withLatest(known, health));
  }, [queries, pool, backend, lastCheckAt, health]);
  const bars = checks.slice(0, STRIP).toReversed();
  return (
    <span
      role="img"
      aria-label={stripLabel(backend, checks)}
      className="flex h-6 items-stretch justify-end gap-px"
    >
      {bars.map((check) => (
        <span
          key={check.at}
          title={barTitle(check)}
          className={`min-w-0.5 max-w-2 flex-1 rounded-sm ${toneBar(check.ok ? 'good' : 'bad')} ${check.ok ? 'mt-2' : ''}`}
        />
      ))}
    </span>
  );
});

function Actions({ pool, status: { id, ejectedUntil }, isChecked }: BackendChecksProps) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const run = async (what: string, act: () => Promise<string>) => {
    setBusy(true);
    try {
      toastSuccess(await act(), null);
    } catch (error) {
      toastError(`Failed: ${what} ${id} of ${pool}`, (error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const check = async () => {
    const result = await checkNow(pool, id);
    void queries.invalidateQueries({ queryKey: checksQuery(pool, id).queryKey });
    return `Checked ${id} of ${pool}: ${checkInWords(result)}`;
  };
  const bringBack = async () =>
    (await returnNow(pool, id)) ? `Returned ${id} to ${pool}` : `${id} of ${pool} was not ejected any more`;
  return (
    <span className="flex justify-end gap-1">
      {ejectedUntil !== null && (
        <ChangeButton
          size="sm"
          variant="secondary"
          disabled={busy}
          aria-label={`Return now: ${id}`}
          onClick={() => void run('return', bringBack)}
        >
          Return now
        </ChangeButton>
      )}
      {isChecked && (
        <ChangeButton
          size="sm"
          variant="secondary"
          disabled={busy}
          aria-label={`Check now: ${id}`}
          onClick={() => void run('check', check)}
        >
          Check now
        </ChangeButton>
      )}
    </span>
  );
}
