/** What stands where data should: a skeleton while it loads, the API's message when it failed, a guide when there is none. */
import { Button } from '@cloudflare/kumo/components/button';
import { ArrowClockwiseIcon, type Icon, WarningCircleIcon } from '@phosphor-icons/react';
import type { ReactNode } from 'react';

interface QueryLike {
  readonly error: Error | null;
  readonly isFetching: boolean;
  refetch(): Promise<unknown>;
}

/** A query that failed and has nothing older to show: what the API said, and a way to ask again. */
export function QueryError({ what, query }: { readonly what: string; readonly query: QueryLike }) {
  return (
    <div role="alert" className="flex flex-wrap items-start gap-3 rounded-lg border border-kumo-line p-4">
      <WarningCircleIcon aria-hidden="true" size={20} className="mt-px shrink-0 text-kumo-danger" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-kumo-default">{what} cannot be read</p>
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

/** Grey lines as high as the content will be, so that nothing jumps when it comes. */
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

interface NothingProps {
  readonly Sign: Icon;
  readonly title: string;
  /** What to do about it. */
  readonly children?: ReactNode;
}

/** Nothing there yet: what belongs here, and the way to the first one. */
export function Nothing({ Sign, title, children }: NothingProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-12 text-center">
      <Sign aria-hidden="true" size={32} className="text-kumo-subtle" />
      <p className="max-w-full text-base font-medium break-words text-kumo-default">{title}</p>
      {children && (
        <div className="flex max-w-md flex-col items-center gap-4 text-kumo-subtle">{children}</div>
      )}
    </div>
  );
}
