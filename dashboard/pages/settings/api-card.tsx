/** The API and metrics for scripts and monitoring, and the version that is running. */
import { ArrowSquareOutIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { healthQuery } from '../../api/health.ts';
import { Card } from '../../components/card.tsx';
import { NONE } from '../../model/format.ts';

const LINKS = [
  { path: '/api/openapi.json', text: 'The OpenAPI document: every operation of the API.' },
  { path: '/api/schema.json', text: 'The JSON Schema of the configuration document, for editors.' },
  {
    path: '/api/metrics',
    text: 'Metrics in the Prometheus text format; scrape them with the operator token.',
  },
];

/** Links that open in a new tab, and the version. */
export function ApiCard() {
  const { data } = useQuery(healthQuery);
  return (
    <Card title="API and metrics">
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
