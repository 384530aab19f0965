/** Shown in place of data: a skeleton while it loads, and the API's message when it could not be loaded. */
import { Button } from '@cloudflare/kumo/components/button';
import { ArrowClockwiseIcon, WarningCircleIcon } from '@phosphor-icons/react';

interface QueryLike {
  readonly error: Error | null;
  readonly isFetching: boolean;
  refetch(): Promise<unknown>;
}

/** A failed query without older data: what the API said, and a way to retry. */
export function QueryError({ what, query }: { readonly what: string; readonly query: QueryLike }) {
  return (
    <div role="alert" className="flex flex-wrap items-start gap-3 rounded-lg border border-kumo-line p-4">
      <WarningCircleIcon aria-hidden="true" size={20} className="mt-px shrink-0 text-kumo-danger" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-kumo-default">{what} could not be loaded</p>
        <p className="break-words text-kumo-subtle">{query.error?.message}</p>
      </div>
      <Button
        size="sm"
        variant="secondary"
        icon={ArrowClockwiseIcon}
        loading={query.isFetching}
        onClick={() => void query.refetch()}
      >
        Try again
      </Button>
    </div>
  );
}

const WIDTHS = ['w-11/12', 'w-3/4', 'w-5/6', 'w-3/5'];

interface SkeletonProps {
  readonly lines?: number;
  readonly className?: string;
}

/** Grey lines as high as the content will be, so that nothing jumps when it arrives. */
export function Skeleton({ lines = 3, className = '' }: SkeletonProps) {
  const rows = Array.from({ length: lines }, (_, i) => ({ id: i, width: WIDTHS[i % WIDTHS.length] }));
  return (
    <div role="status" aria-label="Loading" className={`flex flex-col gap-3 ${className}`}>
      {rows.map(({ id, width }) => (
        <span key={id} aria-hidden="true" className={`h-5 animate-pulse rounded bg-kumo-fill ${width}`} />
      ))}
    </div>
  );
}
