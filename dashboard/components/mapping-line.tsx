/** One recorded request in one line: when, what, which backends and why, and the result. */
import { memo } from 'react';
import type { MappedAttempt, Mapping } from '../../worker/protocol/messages.ts';
import { clock, count, exactTime, zone } from '../model/format.ts';
import { describeAttempt, explainReason } from '../model/mapping.ts';

const COLUMNS = 'gap-x-3 lg:grid-cols-[8rem_4rem_minmax(0,2fr)_minmax(0,2fr)_7rem_3rem_5rem]';

/** `timeout`, `503`: why an attempt failed. */
function fault({ outcome, status }: MappedAttempt): string {
  if (outcome === 'failure-status') return String(status);
  return outcome === 'timeout' ? outcome : describeAttempt({ outcome, status });
}

/** Every attempt in order: `b ✗ timeout → a`. */
export function MappingPath({ attempts }: Pick<Mapping, 'attempts'>) {
  if (attempts.length === 0) return <span className="text-kumo-danger">no backend</span>;
  return attempts.map((attempt, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: attempts never change
    <span key={i} className="whitespace-nowrap">
      {i > 0 && ' → '}
      {attempt.backend}
      {attempt.outcome !== 'ok' && <span className="text-kumo-danger"> ✗ {fault(attempt)}</span>}
    </span>
  ));
}

/** The names of the columns, for a list with room for them. */
export const MappingHeading = () => (
  <span aria-hidden="true" className={`hidden text-xs text-kumo-subtle lg:grid ${COLUMNS}`}>
    <span>Answered at, {zone(Date.now())}</span>
    <span>Method</span>
    <span>Path</span>
    <span>Backends</span>
    <span>Reason</span>
    <span className="text-right">Status</span>
    <span className="text-right">Duration</span>
  </span>
);

/** The line's parts, for a grid of seven columns; on a small screen they wrap. */
export const MappingLine = memo(function MappingLine({ mapping }: { readonly mapping: Mapping }) {
  const { method, path, attempts, reason, status, ms } = mapping;
  const endedAt = mapping.at + ms;
  return (
    <span className={`flex flex-wrap items-baseline gap-x-3 lg:grid ${COLUMNS}`}>
      <time
        dateTime={new Date(endedAt).toISOString()}
        title={exactTime(endedAt)}
        className="text-kumo-subtle"
      >
        {clock(endedAt)}
      </time>
      <span>{method}</span>
      <span className="min-w-0 truncate" title={path}>
        {path}
      </span>
      <span className="min-w-0 truncate">
        <span aria-hidden="true" className="text-kumo-subtle">
          →{' '}
        </span>
        <MappingPath attempts={attempts} />
      </span>
      <span className="text-kumo-subtle">{explainReason(reason).words}</span>
      <span className={`text-right ${status >= 500 ? 'text-kumo-danger' : ''}`}>{status}</span>
      <span className="text-right text-kumo-subtle">{count(ms)} ms</span>
    </span>
  );
});
