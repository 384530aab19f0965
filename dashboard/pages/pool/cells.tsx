/** The cells of a backend's row and card: id and URL, share, failures, state. */
import { Tooltip } from '@cloudflare/kumo/components/tooltip';
import { WarningIcon } from '@phosphor-icons/react';
import { memo } from 'react';
import type { BackendConfig } from '../../api/config.ts';
import type { BackendStatus } from '../../api/status.ts';
import { CopyButton } from '../../components/copy.tsx';
import { Middle } from '../../components/middle.tsx';
import { State } from '../../components/state.tsx';
import { useTicking } from '../../live/use-live.ts';
import { count, countdown, NONE } from '../../model/format.ts';
import { probeIn } from '../../model/health.ts';
import { progress, type Standing, standingOf } from './standing.ts';

/** Its id, and its URL or binding with a copy button. */
export const Identity = memo(function Identity({ backend }: { readonly backend: BackendConfig }) {
  const where = backend.url ?? `binding ${backend.binding}`;
  return (
    <span className="flex min-w-0 flex-col">
      <Middle text={backend.id} className="font-medium text-kumo-default" />
      <span className="flex min-w-0 items-center gap-1">
        <Middle text={where} className="text-kumo-subtle" />
        <CopyButton
          value={backend.url ?? backend.binding ?? ''}
          what={`${backend.url ? 'URL' : 'binding'} of ${backend.id}`}
        />
      </span>
    </span>
  );
});

interface ShareProps {
  /** Observed and expected. */
  readonly share: string;
  readonly skew: string | null;
}

/** Observed and expected share, with a mark if chance does not explain the difference. */
export function Share({ share, skew }: ShareProps) {
  return (
    <span className="inline-flex items-center justify-end gap-1 whitespace-nowrap">
      {skew && (
        <Tooltip content={<span className="block max-w-72">{skew}</span>} render={<SkewMark why={skew} />} />
      )}
      {share}
    </span>
  );
}

/** Passes props on, because the tooltip listens on the button itself. */
function SkewMark({ why, ...rest }: { readonly why: string }) {
  return (
    <button
      type="button"
      aria-label={`Unexpected share. ${why}`}
      className="inline-flex size-6 items-center justify-center rounded text-kumo-warning hover:bg-kumo-tint"
      {...rest}
    >
      <WarningIcon aria-hidden="true" />
    </button>
  );
}

/** Failures in total; beneath, how many of the latest attempts failed in a row, otherwise how many clients got a 5xx. */
export function Failures({ status }: { readonly status: BackendStatus | undefined }) {
  if (!status) return NONE;
  const { consecutiveFailures: inRow, responses } = status;
  const beneath = inRow > 0 ? `${count(inRow)} in a row` : `${count(responses['5xx'])} × 5xx`;
  return (
    <>
      {count(status.failures)}
      {(inRow > 0 || responses['5xx'] > 0) && (
        <span className="block whitespace-nowrap text-kumo-danger">{beneath}</span>
      )}
    </>
  );
}

/** Its answers of class 4xx and 5xx that reached clients. */
export function Errors({ status }: { readonly status: BackendStatus | undefined }) {
  if (!status) return NONE;
  const { '4xx': wrong, '5xx': failed } = status.responses;
  return (
    <>
      {count(wrong)} / <span className={failed > 0 ? 'text-kumo-danger' : ''}>{count(failed)}</span>
    </>
  );
}

interface StateCellProps {
  readonly backend: BackendConfig;
  readonly status: BackendStatus | undefined;
  readonly cause: string | null;
}

/** The balancer's verdict, the operator's setting, and the cause or progress. */
export function StateCell({ backend, status, cause }: StateCellProps) {
  const standing = standingOf(backend, status);
  const disableAt = status?.drain?.disableAt;
  return (
    <span className="flex min-w-0 flex-col">
      <Verdict standing={standing} />
      <span className="truncate text-kumo-subtle" title={cause ?? undefined}>
        {standing.word !== 'ejected' && standing.ejectedUntil !== null && (
          <>
            <Ejection until={standing.ejectedUntil} />{' '}
          </>
        )}
        {backend.state === 'draining' ? (
          <Progress status={status} />
        ) : (
          (cause ?? (standing.word === standing.intent ? 'by the operator' : standing.intent))
        )}
        {disableAt && <Deadline at={disableAt} />}
      </span>
    </span>
  );
}

function Verdict({ standing: { tone, word, ejectedUntil } }: { readonly standing: Standing }) {
  if (word === 'ejected' && ejectedUntil !== null) return <Ejection until={ejectedUntil} />;
  return <State tone={tone}>{word}</State>;
}

/** `ejected · probe in 12 s`; after that time the next suitable request is the probe. */
function Ejection({ until }: { readonly until: number }) {
  const rest = useTicking((now) => probeIn(until, now));
  return <State tone="bad">{`ejected · ${rest}`}</State>;
}

function Progress({ status }: { readonly status: BackendStatus | undefined }) {
  const text = useTicking((now) => progress(status, now));
  return (
    <span
      title={status?.drain?.why}
      className={status?.drain?.safeToRemove ? 'text-kumo-success' : undefined}
    >
      {text}
    </span>
  );
}

function Deadline({ at }: { readonly at: number }) {
  const text = useTicking((now) => (at > now ? `disabled in ${countdown(at, now)}` : 'being disabled'));
  return <span className="text-kumo-subtle">, {text}</span>;
}
