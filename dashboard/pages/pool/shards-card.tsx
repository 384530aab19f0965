/** The Durable Objects of a pool, and what each has done since it started. */
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { type PoolSamples, poolSamplesQuery } from '../../api/status.ts';
import { Card } from '../../components/card.tsx';
import { count } from '../../model/format.ts';

const COLUMNS = ['Calls', 'Rows', 'Pushes', 'Dropped'];

/** The card; nothing while there is no status. */
export function ShardsCard({ pool }: { readonly pool: string }) {
  const { data: shards } = useQuery({
    ...poolSamplesQuery,
    select: useCallback((samples: PoolSamples) => samples[pool]?.status.shards, [pool]),
  });
  if (!shards || shards.length === 0) return null;
  return (
    <Card title="Objects of this pool">
      <div className="px-4 pb-3">
        <p className="text-kumo-subtle">
          What balancing costs, by shard, since each object started: calls, rows written, messages to the live
          view, records dropped.
        </p>
        <table className="mt-2 w-full max-w-2xl">
          <thead>
            <tr className="text-left text-kumo-subtle">
              <th scope="col" className="py-1 pr-4 font-normal">
                Shard
              </th>
              {COLUMNS.map((name) => (
                <th key={name} scope="col" className="py-1 pl-3 text-right font-normal">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shards.map(({ shard, objectCalls, rowsWritten, livePushes, dropped }) => (
              <tr key={shard} className="border-t border-kumo-line">
                <th scope="row" className="py-1 pr-4 text-left font-normal">
                  {shard}
                </th>
                <td className="py-1 pl-3 text-right">{count(objectCalls)}</td>
                <td className="py-1 pl-3 text-right">{count(rowsWritten)}</td>
                <td className="py-1 pl-3 text-right">{count(livePushes)}</td>
                <td className={`py-1 pl-3 text-right ${dropped > 0 ? 'text-kumo-danger' : ''}`}>
                  {count(dropped)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
