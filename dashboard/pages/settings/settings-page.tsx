/** Settings: export, import and declared configuration; theme and session; API and metrics. */
import { useQuery } from '@tanstack/react-query';
import { configQuery } from '../../api/config.ts';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { ApiCard } from './api-card.tsx';
import { SessionCard, ThemeCard } from './browser-cards.tsx';
import { DeclaredCard } from './declared-card.tsx';
import { ExportCard } from './export-card.tsx';
import { ImportCard } from './import-card.tsx';

/** Two columns on wide screens: the configuration, and everything else. */
export function SettingsPage() {
  const query = useQuery(configQuery);
  const { data } = query;
  return (
    <Page title="Settings">
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-6">
          {data ? (
            <>
              <ExportCard revised={data} />
              <ImportCard revision={data.revision} />
              <DeclaredCard revision={data.revision} />
            </>
          ) : query.error ? (
            <QueryError what="The configuration" query={query} />
          ) : (
            <Card>
              <Skeleton lines={8} className="p-4" />
            </Card>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <ThemeCard />
          <SessionCard />
          <ApiCard />
        </div>
      </div>
    </Page>
  );
}
