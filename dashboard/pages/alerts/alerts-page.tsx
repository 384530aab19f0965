/** Alerts: which receiver gets which, whether the last ones arrived, and a button that sends a test. */

import { BellIcon, PlusIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type AlertReport, alertsQuery } from '../../api/alerts.ts';
import { configQuery } from '../../api/config.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { NotFoundDialog } from '../../components/not-found-dialog.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { AlertCard } from './alert-card.tsx';
import { AlertForm } from './alert-form.tsx';

const NONE_YET: AlertReport = { id: '', waiting: 0, firing: [], deliveries: [] };

/** The page; the open form is in the URL. */
export function AlertsPage() {
  const config = useQuery(configQuery);
  const { data: report } = useQuery(alertsQuery);
  const { edit } = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const open = (id: string | undefined) => void navigate({ search: { edit: id }, resetScroll: false });
  const alerts = config.data?.config.alerts;
  const add = (
    <ChangeButton variant="primary" icon={PlusIcon} onClick={() => open('+')}>
      Add alert
    </ChangeButton>
  );
  const reportOf = (id: string) => report?.alerts.find((one) => one.id === id) ?? NONE_YET;
  return (
    <Page
      title="Alerts"
      facts={
        report && <p>{report.signed ? 'signed with ALERT_SECRET' : 'not signed: ALERT_SECRET is not set'}</p>
      }
      actions={alerts && alerts.length > 0 && add}
    >
      {!alerts ? (
        config.error ? (
          <QueryError what="The alerts" query={config} />
        ) : (
          <Card>
            <Skeleton lines={6} className="p-4" />
          </Card>
        )
      ) : alerts.length === 0 ? (
        <EmptyState icon={BellIcon} title="No alerts yet">
          <p>
            An alert posts to a URL when a pool is down or failing, a backend is out, or a rollout is aborted.
          </p>
          {add}
        </EmptyState>
      ) : (
        alerts.map((alert) => (
          <AlertCard key={alert.id} alert={alert} report={reportOf(alert.id)} onEdit={() => open(alert.id)} />
        ))
      )}
      {config.data && edit !== undefined && (
        <OpenForm edit={edit} alerts={config.data.config.alerts} onClose={() => open(undefined)} />
      )}
    </Page>
  );
}

interface OpenFormProps {
  readonly edit: string;
  readonly alerts: Parameters<typeof AlertForm>[0]['alerts'];
  readonly onClose: () => void;
}

function OpenForm({ edit, alerts, onClose }: OpenFormProps) {
  const alert = alerts.find(({ id }) => id === edit);
  if (edit !== '+' && !alert) return <NotFoundDialog what={`Alert ${edit}`} onClose={onClose} />;
  return <AlertForm key={edit} alerts={alerts} alert={alert ?? null} onClose={onClose} />;
}
