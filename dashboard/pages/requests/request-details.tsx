/** The details of one request, in a dialog: its result, every attempt, and why it went where it did. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { XIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useRef } from 'react';
import { type Mapping, requestsOfIdQuery } from '../../api/requests.ts';
import { CopyButton } from '../../components/copy.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { State, toneBar } from '../../components/state.tsx';
import { clock, count, exactTime, NONE, plural } from '../../model/format.ts';
import {
  describeAttempt,
  describeMapping,
  explainNotRetried,
  explainReason,
  stretches,
} from '../../model/mapping.ts';

const LINK = 'text-kumo-link underline';

interface RequestDetailsProps {
  /** The request id in the URL; undefined: closed. */
  readonly id: string | undefined;
  /** The requests that the page already has. */
  readonly known: readonly Mapping[];
  readonly onClose: () => void;
}

/** Open while there is an id. */
export function RequestDetails({ id, known, onClose }: RequestDetailsProps) {
  // The content stays while the dialog fades out.
  const last = useRef(id ?? '');
  if (id !== undefined) last.current = id;
  return (
    <Dialog.Root open={id !== undefined} onOpenChange={(open) => !open && onClose()}>
      <Dialog size="xl" className="flex max-h-[88dvh] flex-col p-0">
        <header className="flex items-start gap-4 px-6 pt-6 pb-4">
          {/* First, so that it gets the focus. */}
          <Dialog.Close
            render={(props) => (
              <Button
                {...props}
                variant="ghost"
                shape="square"
                icon={XIcon}
                aria-label="Close"
                className="order-last"
              />
            )}
          />
          <div className="min-w-0 flex-1">
            <Dialog.Title className="text-lg font-semibold">Request</Dialog.Title>
            <Dialog.Description className="flex items-center gap-1 text-kumo-subtle">
              <span className="min-w-0 truncate font-mono text-[13px]">{last.current}</span>
              <CopyButton value={last.current} what="request ID" />
            </Dialog.Description>
          </div>
        </header>
        <div className="flex min-h-0 flex-col gap-8 overflow-y-auto px-6 pt-1 pb-6">
          <Parts id={last.current} known={known} />
        </div>
      </Dialog>
    </Dialog.Root>
  );
}

function Parts({ id, known }: { readonly id: string; readonly known: readonly Mapping[] }) {
  const here = known.filter(({ requestId }) => requestId === id);
  const query = useQuery({ ...requestsOfIdQuery(id), enabled: here.length === 0 });
  const all = here.length > 0 ? here : query.data;
  if (!all) return query.error ? <QueryError what="The request" query={query} /> : <Skeleton lines={5} />;
  if (all.length === 0)
    return (
      <p className="text-kumo-subtle">
        There is no record of this request. It may not have been reported yet, or it is older than the last
        1,000 requests of its pool.
      </p>
    );
  return (
    <>
      {all.length > 1 && <p>{plural(all.length, 'request')} have this ID: the client reused it.</p>}
      {all.map((mapping) => (
        <Details key={`${mapping.at} ${mapping.path}`} mapping={mapping} />
      ))}
    </>
  );
}

/** One request. */
function Details({ mapping }: { readonly mapping: Mapping }) {
  const { at, ms, method, host, path, route, pool, backend, reason, colo } = mapping;
  const { words, why } = explainReason(reason);
  const notRetried = explainNotRetried(mapping);
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
        <Fact name={backend === null ? 'Last reason' : `Why ${backend}`}>
          {words}: {why}
        </Fact>
        {notRetried && <Fact name="Not retried">Because {notRetried}.</Fact>}
        {route !== null && (
          <Fact name="Route">
            <Link to="/routes" search={{ edit: route }} className={LINK}>
              {route}
            </Link>
          </Fact>
        )}
        {pool !== null && (
          <Fact name="Pool">
            <Link to="/pools/$pool" params={{ pool }} className={LINK}>
              {pool}
            </Link>
          </Fact>
        )}
        <Fact name="Received">
          <time dateTime={new Date(at).toISOString()}>
            {exactTime(at)} <span className="text-kumo-subtle">({clock(at)})</span>
          </time>
        </Fact>
        <Fact name="Answered">{clock(at + ms)}</Fact>
        <Fact name="Data center">{colo ?? NONE}</Fact>
      </dl>
      <p>
        <Link to="/routes" search={{ url: address, method }} className={LINK}>
          Test route
        </Link>
        <span className="text-kumo-subtle">: see where such a request would go now, and why</span>
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

/** The attempts in order; each bar starts where the previous one ended. */
function Attempts({ mapping }: { readonly mapping: Mapping }) {
  const { attempts } = mapping;
  const bars = stretches(mapping);
  if (attempts.length === 0)
    return <p className="text-kumo-subtle">No backend was tried: none was available.</p>;
  return (
    <ol aria-label="Attempts" className="flex flex-col gap-3 rounded-md border border-kumo-line p-4 sm:gap-2">
      {attempts.map((attempt, i) => {
        const tone = attempt.outcome === 'ok' ? 'good' : 'bad';
        const bar = bars[i];
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: attempts never change
            key={i}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 sm:grid-cols-[6rem_minmax(0,18rem)_minmax(4rem,1fr)_5rem]"
          >
            <span className="truncate font-medium" title={attempt.backend}>
              {attempt.backend}
            </span>
            <span className="col-span-2 row-start-2 sm:col-span-1 sm:row-auto">
              <State tone={tone} isLong>
                {describeAttempt(attempt)}
              </State>
            </span>
            <span
              aria-hidden="true"
              className="relative col-span-2 row-start-3 h-2 rounded-full bg-kumo-recessed sm:col-span-1 sm:row-auto"
            >
              {bar && (
                <span
                  className={`absolute inset-y-0 min-w-1 rounded-full ${toneBar(tone)}`}
                  style={{ left: `${bar.from * 100}%`, width: `${bar.length * 100}%` }}
                />
              )}
            </span>
            <span className="col-start-2 row-start-1 text-right whitespace-nowrap sm:col-auto sm:row-auto">
              {count(attempt.ms)} ms
            </span>
          </li>
        );
      })}
    </ol>
  );
}
