/** What one request asked for, what became of it, its attempts, and the facts around it. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Mapping } from '../../api/requests.ts';
import { CopyButton } from '../../components/copy.tsx';
import { clock, exactTime, NONE } from '../../model/format.ts';
import { describeMapping, explainReason } from '../../model/mapping.ts';
import { Attempts } from './attempts.tsx';

const LINK = 'text-kumo-link underline';

/** One request. */
export function StoryPart({ mapping }: { readonly mapping: Mapping }) {
  const { at, ms, method, host, path, route, pool, backend, reason, colo } = mapping;
  const { words, why } = explainReason(reason);
  const address = `${location.protocol}//${host}${path}`;
  return (
    <article className="flex flex-col gap-5">
      <div>
        <h3 className="flex items-start gap-1 font-medium">
          <span className="min-w-0 break-all">
            {method} {host}
            {path}
          </span>
          <CopyButton value={address} what="URL" />
        </h3>
        <p className={mapping.status >= 500 ? 'text-kumo-danger' : 'text-kumo-subtle'}>
          {describeMapping(mapping)}
        </p>
      </div>
      <Attempts mapping={mapping} />
      <dl className="grid grid-cols-1 gap-x-6 gap-y-3 sm:grid-cols-[8rem_minmax(0,1fr)] sm:gap-y-2">
        <Fact name={backend === null ? 'Last choice' : `Why ${backend}`}>
          {words}: {why}
        </Fact>
        <Fact name="Route">
          <Link to="/routes" search={{ edit: route }} className={LINK}>
            {route}
          </Link>
        </Fact>
        <Fact name="Pool">
          <Link to="/pools/$pool" params={{ pool }} className={LINK}>
            {pool}
          </Link>
        </Fact>
        <Fact name="Came in">
          <time dateTime={new Date(at).toISOString()}>
            {exactTime(at)} <span className="text-kumo-subtle">({clock(at)})</span>
          </time>
        </Fact>
        <Fact name="Answered">{clock(at + ms)}</Fact>
        <Fact name="Colo">{colo ?? NONE}</Fact>
      </dl>
      <p>
        <Link to="/routes" search={{ url: address, method }} className={LINK}>
          Explain this URL
        </Link>
        <span className="text-kumo-subtle">: where such a request would go now, and why not elsewhere</span>
      </p>
    </article>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="sm:contents">
      <dt className="text-kumo-subtle">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
