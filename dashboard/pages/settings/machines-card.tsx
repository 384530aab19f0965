/** The ways in for scripts and monitoring, and which version answers. */
import { ArrowSquareOutIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { healthQuery } from '../../api/health.ts';
import { Card } from '../../components/card.tsx';
import { NONE } from '../../model/format.ts';

const LINKS = [
  { path: '/api/openapi.json', text: 'Every operation of the API, for clients, generators and tests.' },
  {
    path: '/api/metrics',
    text: 'Counters and gauges in the Prometheus text format, to scrape with the token.',
  },
];

/** Links that open beside the dashboard. */
export function MachinesCard() {
  const { data } = useQuery(healthQuery);
  return (
    <Card title="For machines">
      <dl className="flex flex-col gap-3 p-4 pt-2">
        {LINKS.map(({ path, text }) => (
          <div key={path}>
            <dt>
              <a
                href={path}
                target="_blank"
                rel="noreferrer"
                className="inline-flex items-center gap-1 font-mono text-[13px] text-kumo-link hover:underline"
              >
                {path}
                <ArrowSquareOutIcon aria-hidden="true" />
                <span className="sr-only">(opens in a new tab)</span>
              </a>
            </dt>
            <dd className="text-kumo-subtle">{text}</dd>
          </div>
        ))}
        <div className="flex gap-2">
          <dt className="text-kumo-subtle">Version</dt>
          <dd className="text-kumo-default">{data?.version ?? NONE}</dd>
        </div>
      </dl>
    </Card>
  );
}
