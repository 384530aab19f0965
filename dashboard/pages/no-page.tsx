/** What stands at an address that leads nowhere. */
import { SignpostIcon } from '@phosphor-icons/react';
import { Link, useLocation } from '@tanstack/react-router';
import { Card } from '../components/card.tsx';
import { Page } from '../components/page.tsx';
import { Nothing } from '../components/query-state.tsx';

/** The page. */
export function NoPage() {
  const { pathname } = useLocation();
  return (
    <Page title="No such page">
      <Card>
        <Nothing Sign={SignpostIcon} title={`Nothing is at ${pathname}`}>
          <p>The pages are in the menu, and the palette finds pages, pools and backends.</p>
          <Link to="/" className="text-kumo-link underline">
            To the overview of all pools
          </Link>
        </Nothing>
      </Card>
    </Page>
  );
}
