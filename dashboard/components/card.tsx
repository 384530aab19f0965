/** A panel on the page, with an optional heading. */
import type { ReactNode } from 'react';

interface CardProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A raised panel; `title` makes it a section with a heading. */
export function Card({ title, actions, children, className = '' }: CardProps) {
  return (
    <section className={`rounded-lg border border-kumo-line bg-kumo-base ${className}`}>
      {(title || actions) && (
        <header className="flex flex-wrap items-center gap-2 px-4 pt-3">
          <h2 className="flex-1 text-base font-medium text-kumo-default">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
