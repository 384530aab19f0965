/** Shown where there is no data: what belongs here, and how to get the first of it. */
import { Empty } from '@cloudflare/kumo/components/empty';
import type { Icon as IconType } from '@phosphor-icons/react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly icon: IconType;
  readonly title: string;
  /** What to do next. */
  readonly children?: ReactNode;
}

/** One empty state, in a frame of its own. */
export function EmptyState({ icon: Icon, title, children }: EmptyStateProps) {
  return (
    <Empty
      size="sm"
      icon={<Icon aria-hidden="true" size={32} className="text-kumo-subtle" />}
      title={title}
      contents={
        children && (
          <div className="flex max-w-md flex-col items-center gap-4 text-kumo-subtle">{children}</div>
        )
      }
      className="rounded-lg border-kumo-line bg-kumo-base text-center [overflow-wrap:anywhere] [&_h2]:font-medium [&_h2]:text-kumo-default"
    />
  );
}
