/** The parts of a backend's row and card: who it is, its share, its figures. */
import { Tooltip } from '@cloudflare/kumo/components/tooltip';
import { WarningIcon } from '@phosphor-icons/react';
import { memo } from 'react';
import type { BackendConfig } from '../../api/config.ts';
import type { BackendStatus } from '../../api/status.ts';
import { CopyButton } from '../../components/copy.tsx';
import { count, NONE } from '../../model/format.ts';

/** Its id, and its URL or binding to copy. */
export const Identity = memo(function Identity({ backend }: { readonly backend: BackendConfig }) {
  const where = backend.url ?? `binding ${backend.binding}`;
  return (
    <span className="flex min-w-0 flex-col">
      <span className="truncate font-medium text-kumo-default" title={backend.id}>
        {backend.id}
      </span>
      <span className="flex min-w-0 items-center gap-1">
        <span className="line-clamp-2 break-all text-kumo-subtle" title={where}>
          {where}
        </span>
        <CopyButton
          value={backend.url ?? backend.binding ?? ''}
          what={`${backend.url ? 'URL' : 'binding'} of ${backend.id}`}
        />
      </span>
    </span>
  );
});

interface ShareProps {
  /** Observed beside expected. */
  readonly share: string;
  readonly skew: string | null;
}

/** Observed beside expected, with a mark where chance does not explain the difference. */
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

/** Props pass through: the tooltip listens on the button itself. */
function SkewMark({ why, ...rest }: { readonly why: string }) {
  return (
    <button
      type="button"
      aria-label={`Skewed. ${why}`}
      className="inline-flex size-6 items-center justify-center rounded text-kumo-warning hover:bg-kumo-tint"
      {...rest}
    >
      <WarningIcon aria-hidden="true" />
    </button>
  );
}

/** Failures in total, and in a row while there are some. */
export function Failures({ status }: { readonly status: BackendStatus | undefined }) {
  if (!status) return NONE;
  return (
    <>
      {count(status.failures)}
      {status.consecutiveFailures > 0 && (
        <span className="block whitespace-nowrap text-kumo-danger">
          {count(status.consecutiveFailures)} in a row
        </span>
      )}
    </>
  );
}
