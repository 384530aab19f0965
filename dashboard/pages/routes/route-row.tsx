/** One route: what it matches, its pool, its overrides and the actions on it. */

import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { RouteConfig } from '../../api/config.ts';
import { useMayChange, VIEWER_REASON } from '../../changes/may-change.ts';
import { CopyButton } from '../../components/copy.tsx';
import { HealthDot } from '../../components/state.tsx';
import { curlLine, exampleHost } from '../../model/curl.ts';
import { count, NONE } from '../../model/format.ts';
import type { Health } from '../../model/health.ts';
import { AFFINITY_WORDS, conditions, destination, overrides } from './route-list.ts';

/** Responses to the clients of a route. */
export interface RouteCounts {
  readonly all: number;
  /** Those of class 5xx. */
  readonly failed: number;
}

interface RouteProps {
  readonly route: RouteConfig;
  /** Undefined: none yet. */
  readonly counts: RouteCounts | undefined;
  readonly health: Health;
  readonly onEdit: (id: string) => void;
  readonly onDelete: (route: RouteConfig) => void;
}

/** As a row of the table. */
export const RouteRow = memo(function RouteRow(props: RouteProps) {
  const { route } = props;
  return (
    <tr className="border-t border-kumo-line align-baseline">
      <th scope="row" className="py-2 pr-4 pl-4 text-left font-normal">
        <Matches route={route} />
      </th>
      <td className="py-2 pr-4">
        <Destination {...props} />
      </td>
      <td className="py-2 pr-4 text-kumo-default">
        {route.affinity === 'none' ? NONE : AFFINITY_WORDS[route.affinity]}
      </td>
      <td className="py-2 pr-4 text-kumo-default">{overrides(route).join(', ') || NONE}</td>
      <td className="py-2 pr-4 text-right">
        <Responses {...props} />
      </td>
      <td className="py-1 pr-2 text-right whitespace-nowrap">
        <Actions {...props} />
      </td>
    </tr>
  );
});

/** As a card on small screens. */
export const RouteCard = memo(function RouteCard(props: RouteProps) {
  const { route } = props;
  const special = overrides(route);
  return (
    <li className="flex flex-col gap-1 border-t border-kumo-line px-4 py-3">
      <Matches route={route} />
      <Destination {...props} />
      {route.affinity !== 'none' && (
        <p className="text-kumo-subtle">affinity {AFFINITY_WORDS[route.affinity]}</p>
      )}
      {special.length > 0 && <p className="text-kumo-subtle">{special.join(', ')}</p>}
      <p className="text-kumo-subtle">
        Responses: <Responses {...props} />
      </p>
      <div className="-ml-2">
        <Actions {...props} />
      </div>
    </li>
  );
});

function Matches({ route }: { readonly route: RouteConfig }) {
  const { id, host, path, pathMatch } = route;
  return (
    <>
      <span className="block break-all font-mono text-[13px] text-kumo-default">
        {host}
        <span className="text-kumo-subtle">
          {path}
          {pathMatch === 'exact' && ' exactly'}
        </span>
      </span>
      {conditions(route).map((words) => (
        <span key={words} className="block break-words text-xs text-kumo-default">
          {words}
        </span>
      ))}
      <span className="block text-xs text-kumo-subtle">{id}</span>
    </>
  );
}

function Destination({ route, health }: RouteProps) {
  const { pool } = route;
  if (pool === null) return <span className="break-words text-kumo-default">{destination(route)}</span>;
  return (
    <Link
      to="/pools/$pool"
      params={{ pool }}
      className="inline-flex items-center gap-2 text-kumo-link hover:underline"
    >
      <HealthDot health={health} />
      {pool}
    </Link>
  );
}

/** How many, with a link to the newest; failed ones apart. */
function Responses({ route: { id }, counts }: RouteProps) {
  if (!counts) return NONE;
  return (
    <>
      <Link to="/requests" search={{ route: id }} className="text-kumo-link underline">
        {count(counts.all)}
      </Link>
      {counts.failed > 0 && (
        <span className="block whitespace-nowrap text-kumo-danger">{count(counts.failed)} × 5xx</span>
      )}
    </>
  );
}

const ACTION = 'inline-flex min-h-7 items-center rounded px-2 text-kumo-default hover:bg-kumo-tint';

function Actions({ route, onEdit, onDelete }: RouteProps) {
  const { id, host, path } = route;
  const may = useMayChange();
  const change = {
    className: `${ACTION} disabled:opacity-50`,
    disabled: !may,
    title: may ? undefined : VIEWER_REASON,
  };
  return (
    <span className="inline-flex items-center gap-1">
      <CopyButton value={curlLine(location.origin, host, path)} what={`curl command for ${id}`} />
      <Link
        to="/routes"
        search={(before) => ({ ...before, url: `http://${exampleHost(host)}${path}`, method: undefined })}
        aria-label={`Test route ${id}`}
        className={ACTION}
      >
        Test
      </Link>
      {route.split !== null && (
        <Link
          to="/routes"
          search={(before) => ({ ...before, rollout: id })}
          aria-label={`Rollout of ${id}`}
          className={ACTION}
        >
          Rollout
        </Link>
      )}
      <button type="button" aria-label={`Edit ${id}`} onClick={() => onEdit(id)} {...change}>
        Edit
      </button>
      <button type="button" aria-label={`Delete ${id}`} onClick={() => onDelete(route)} {...change}>
        Delete
      </button>
    </span>
  );
}
