/** One alert: what it is about, what is firing, a test, and its last deliveries. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type AlertConfig, type AlertReport, alertsQuery, testAlert } from '../../api/alerts.ts';
import { removeAlert } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { State } from '../../components/state.tsx';
import { TimeAgo, TimeAndAgo } from '../../components/time-ago.tsx';
import { duration, plural } from '../../model/format.ts';

interface AlertCardProps {
  readonly alert: AlertConfig;
  readonly report: AlertReport;
  readonly onEdit: () => void;
}

/** The card. */
export function AlertCard({ alert, report, onEdit }: AlertCardProps) {
  const { id, url, on, pools, holdMs, format } = alert;
  const { run } = useChange();
  const facts = [
    on.join(', '),
    pools.length === 0 ? 'all pools' : plural(pools.length, 'pool'),
    holdMs > 0 ? `after ${duration(holdMs)}` : 'at once',
    format,
  ];
  return (
    <Card title={id}>
      <div className="flex flex-col gap-4 p-4 pt-1">
        <p className="flex flex-wrap gap-x-4 gap-y-1 text-kumo-subtle">
          <span className="break-all font-mono text-[13px] text-kumo-default">{hostOf(url)}</span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        <Verdict report={report} />
        <div className="flex flex-wrap items-center gap-2">
          <TestButton id={id} />
          <ChangeButton variant="secondary" onClick={onEdit} aria-label={`Edit alert ${id}`}>
            Edit
          </ChangeButton>
          <ChangeButton
            variant="secondary"
            aria-label={`Delete alert ${id}`}
            onClick={() => void run(removeAlert(id, `Deleted alert ${id}`))}
          >
            Delete
          </ChangeButton>
        </div>
        <Deliveries id={id} deliveries={report.deliveries} />
      </div>
    </Card>
  );
}

/** The host: the rest of the address may be a secret. */
const hostOf = (url: string): string => URL.parse(url)?.host ?? url;

function Verdict({ report: { firing, waiting } }: { readonly report: AlertReport }) {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1">
      {firing.length === 0 ? (
        <State tone="good">nothing is wrong</State>
      ) : (
        <State tone="bad" isLong>
          {firing.length > 5
            ? `${firing.slice(0, 5).join(', ')} and ${firing.length - 5} more`
            : firing.join(', ')}
        </State>
      )}
      {waiting > 0 && <State tone="warning">{`${plural(waiting, 'message')} not delivered yet`}</State>}
    </p>
  );
}

function TestButton({ id }: { readonly id: string }) {
  const queries = useQueryClient();
  const test = useMutation({
    mutationFn: () => testAlert(id),
    onSettled: () => queries.invalidateQueries({ queryKey: alertsQuery.queryKey }),
  });
  const trial = test.data?.trial;
  return (
    <>
      <ChangeButton
        variant="secondary"
        loading={test.isPending}
        aria-label={`Send a test to ${id}`}
        onClick={() => test.mutate()}
      >
        Send a test
      </ChangeButton>
      <span role="status" className="text-kumo-default">
        {trial && (
          <State tone={trial.delivered ? 'good' : 'bad'}>
            {`${trial.delivered ? 'delivered' : 'not delivered'}: ${trial.why}, ${trial.ms} ms`}
          </State>
        )}
        {test.error && <State tone="bad">{test.error.message}</State>}
      </span>
    </>
  );
}

type Delivery = AlertReport['deliveries'][number];

function Deliveries({ id, deliveries }: { readonly id: string; readonly deliveries: readonly Delivery[] }) {
  if (deliveries.length === 0) return <p className="text-kumo-subtle">Nothing was sent yet.</p>;
  return (
    <div className="max-h-96 overflow-auto">
      <table className="w-full min-w-140">
        <caption className="sr-only">The last deliveries of {id}, newest first</caption>
        <thead>
          <tr className="text-left text-xs text-kumo-subtle">
            {['Made', 'About', 'Delivery', 'Tries', 'Last try'].map((name) => (
              <th key={name} scope="col" className="py-1 pr-4 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ delivery }: { readonly delivery: Delivery }) {
  const { key: about, state, at, tries, nextAt, doneAt, last } = delivery;
  const delivered = last?.delivered === true;
  return (
    <tr className="border-t border-kumo-line align-baseline">
      <td className="py-1 pr-4 whitespace-nowrap text-kumo-subtle">
        <TimeAndAgo at={at} />
      </td>
      <td className="py-1 pr-4 break-all text-kumo-default">
        {about} {state}
      </td>
      <td className="py-1 pr-4">
        {delivered ? (
          <State tone="good">delivered</State>
        ) : nextAt === null ? (
          <State tone="bad">given up</State>
        ) : (
          <State tone="warning">waiting</State>
        )}
      </td>
      <td className="py-1 pr-4 text-kumo-default">{tries}</td>
      <td className="py-1 text-kumo-subtle">
        {last === null ? 'not tried yet' : last.why}
        {delivered && doneAt !== null && (
          <>
            , <TimeAgo at={doneAt} />
          </>
        )}
      </td>
    </tr>
  );
}
