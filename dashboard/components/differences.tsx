/** What differs between two configurations, a line each: where, what it was, what it is. */
import type { Difference } from '../api/revisions.ts';

/** The lines; long values are cut and shown whole on hover. */
export function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  if (differences.length === 0) return <p className="text-kumo-subtle">No difference.</p>;
  return (
    <ul className="flex flex-col gap-1">
      {differences.map(({ path, from, to }) => (
        <li key={path} className="flex flex-wrap items-baseline gap-x-2 font-mono text-[13px]">
          <span className="text-kumo-subtle">{path || 'the document'}</span>
          {from !== null && <Value value={from} className="text-kumo-danger line-through" />}
          {from !== null && to !== null && <span aria-hidden="true">→</span>}
          {to !== null && <Value value={to} className="text-kumo-success" />}
          {to === null && <span className="text-kumo-subtle">removed</span>}
          {from === null && to !== null && <span className="text-kumo-subtle">added</span>}
        </li>
      ))}
    </ul>
  );
}

const CUT = 160;

function Value({ value, className }: { readonly value: unknown; readonly className: string }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <span className={`${className} break-all`} title={text.length > CUT ? text : undefined}>
      {text.length > CUT ? `${text.slice(0, CUT)}…` : text}
    </span>
  );
}
