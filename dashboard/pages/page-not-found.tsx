/** Shown at an address that has no page. */
import { SignpostIcon } from '@phosphor-icons/react';
import { Link, useLocation } from '@tanstack/react-router';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

/** The page. */
export function PageNotFound() {
  const { pathname } = useLocation();
  return (
    <Page title="Page not found">
      <EmptyState icon={SignpostIcon} title={`There is no page at ${pathname}`}>
        <p>Use the menu, or search for pages, pools and backends with the command palette.</p>
        <Link to="/" className="text-kumo-link underline">
          Go to the overview
        </Link>
      </EmptyState>
    </Page>
  );
}
