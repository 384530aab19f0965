/** Narrows the list of backends: by text, and by state. The filter is in the URL. */
import { Input } from '@cloudflare/kumo/components/input';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { count } from '../../model/format.ts';
import { readView, SHOWS, type Show, type View } from './order.ts';

const route = getRouteApi('/pools/$pool');

/** A change of the view, as the URL holds it. */
interface Change {
  readonly find?: string | undefined;
  readonly show?: string | undefined;
  readonly sort?: string | undefined;
}

/** The view of the URL, and the function that changes it. */
export function useView(): [View, (change: Change) => void] {
  const { find, show, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const view = useMemo(() => readView({ find, show, sort }), [find, show, sort]);
  const setView = useCallback(
    (change: Change) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  );
  return [view, setView];
}

interface ListFilterProps {
  readonly view: View;
  readonly counts: Readonly<Record<Show, number>>;
  readonly total: number;
  readonly onChange: (change: Change) => void;
}

/** The field, and a button for each state that a backend is in. */
export function ListFilter({ view, counts, total, onChange }: ListFilterProps) {
  const { find } = route.useSearch();
  const shown = (Object.keys(SHOWS) as Show[]).filter((show) => counts[show] > 0 || view.show === show);
  return (
    <search aria-label="Filter backends" className="flex flex-wrap items-center gap-3 px-4 pt-2">
      <Input
        type="search"
        aria-label="Filter by ID or URL"
        placeholder="ID or URL"
        value={find ?? ''}
        onValueChange={(text: string) => onChange({ find: text === '' ? undefined : text })}
        className="w-56 min-w-0 max-sm:flex-1"
        autoComplete="off"
        spellCheck={false}
      />
      <div className="flex flex-wrap gap-1">
        <StateButton
          name="All"
          n={total}
          isOn={view.show === null}
          onClick={() => onChange({ show: undefined })}
        />
        {shown.map((show) => (
          <StateButton
            key={show}
            name={SHOWS[show]}
            n={counts[show]}
            isBad={show === 'problems' && counts[show] > 0}
            isOn={view.show === show}
            onClick={() => onChange({ show: view.show === show ? undefined : show })}
          />
        ))}
      </div>
    </search>
  );
}

interface StateButtonProps {
  readonly name: string;
  readonly n: number;
  readonly isOn: boolean;
  readonly isBad?: boolean;
  readonly onClick: () => void;
}

function StateButton({ name, n, isOn, isBad = false, onClick }: StateButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onClick}
      className={`min-h-8 rounded-md border px-3 ${isOn ? 'border-kumo-brand bg-kumo-tint' : 'border-kumo-line hover:bg-kumo-tint'} ${isBad ? 'text-kumo-danger' : 'text-kumo-default'}`}
    >
      {name} <span className={isBad ? '' : 'text-kumo-subtle'}>{count(n)}</span>
    </button>
  );
}
