/** The result of a route test: route, pool, candidates in order, and the excluded backends with the reasons. */
import { Link } from '@tanstack/react-router';
import type { Explanation as Answer } from '../../api/explain.ts';
import { LeftOutState } from '../../components/state.tsx';
import { useNow } from '../../live/use-live.ts';
import { plural } from '../../model/format.ts';
import { failureInWords, reasonInWords, whyInWords } from './explain-words.ts';
import { AFFINITY_WORDS } from './route-list.ts';

const LINK = 'text-kumo-link hover:underline';

/** One result. */
export function Explanation({ answer }: { readonly answer: Answer }) {
  const { candidates, leftOut } = answer;
  return (
    <div className="flex flex-col gap-4">
      <Match answer={answer} />
      {answer.answer && (
        <p className="text-kumo-default">
          No backend is tried. The client gets <strong>{answer.answer.status}</strong>: {answer.answer.why}.
        </p>
      )}
      {candidates.length > 0 && (
        <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
          <section className="flex flex-col gap-2">
            <h3 className="font-medium text-kumo-default">Candidates, in order</h3>
            <Candidates answer={answer} />
            <p className="text-kumo-subtle">
              At most {plural(answer.attempts.most, 'attempt')}: {answer.attempts.why}.
            </p>
          </section>
          <LeftOuts leftOut={leftOut} />
        </div>
      )}
      {candidates.length === 0 && leftOut.length > 0 && <LeftOuts leftOut={leftOut} />}
      {answer.notMatched.length > 0 && <NotMatched routes={answer.notMatched} />}
    </div>
  );
}

function Match({ answer: { host, path, route, pool, policy, affinity } }: { readonly answer: Answer }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 sm:flex sm:flex-wrap sm:gap-x-8">
      <Fact name="Host and path">
        <span className="break-all font-mono text-[13px]">
          {host}
          {path}
        </span>
      </Fact>
      <Fact name="Route">
        {route === null ? (
          'none'
        ) : (
          <Link
            to="/routes"
            search={(before) => ({ ...before, edit: route })}
            resetScroll={false}
            className={LINK}
          >
            {route}
          </Link>
        )}
      </Fact>
      {pool !== null && (
        <Fact name="Pool">
          <Link to="/pools/$pool" params={{ pool }} className={LINK}>
            {pool}
          </Link>
        </Fact>
      )}
      {policy !== null && <Fact name="Policy">{policy}</Fact>}
      {affinity !== null && (
        <Fact name="Affinity">{AFFINITY_WORDS[affinity as keyof typeof AFFINITY_WORDS]}</Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className="contents sm:flex sm:flex-col">
      <dt className="text-xs text-kumo-subtle">{name}</dt>
      <dd className="text-kumo-default">{children}</dd>
    </div>
  );
}

function Candidates({ answer }: { readonly answer: Answer }) {
  return (
    <ol className="flex flex-col gap-1">
      {answer.candidates.map((candidate, i) => {
        const isTried = i < answer.attempts.most;
        return (
          <li key={`${candidate.pool}/${candidate.backend}`} className="flex gap-3">
            <span className="w-5 shrink-0 text-right text-kumo-subtle">{i + 1}.</span>
            <span className={`font-medium ${isTried ? 'text-kumo-default' : 'text-kumo-subtle'}`}>
              {candidate.pool === answer.pool ? '' : `${candidate.pool} / `}
              {candidate.backend}
            </span>
            <span className="text-kumo-subtle">
              {isTried ? reasonInWords(candidate, answer) : 'not tried: attempt limit reached'}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** More specific routes shown; the API lists more. */
const NOT_MATCHED_SHOWN = 10;

function NotMatched({ routes }: { readonly routes: Answer['notMatched'] }) {
  // Routes on other paths say little about this request.
  const near = routes.filter(({ failed }) => !failed.includes('path'));
  const shown = (near.length > 0 ? near : routes).slice(0, NOT_MATCHED_SHOWN);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium text-kumo-default">More specific routes that do not fit</h3>
      <ul className="flex flex-col gap-1">
        {shown.map(({ route, failed }) => (
          <li key={route} className="flex flex-wrap items-baseline gap-x-3">
            <Link
              to="/routes"
              search={(before) => ({ ...before, edit: route })}
              resetScroll={false}
              className={LINK}
            >
              {route}
            </Link>
            <span className="text-kumo-subtle">{failed.map(failureInWords).join(', ')}</span>
          </li>
        ))}
      </ul>
      {shown.length < routes.length && (
        <p className="text-kumo-subtle">And {routes.length - shown.length} more.</p>
      )}
    </section>
  );
}

function LeftOuts({ leftOut }: { readonly leftOut: Answer['leftOut'] }) {
  const now = useNow();
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium text-kumo-default">Excluded from the first choice</h3>
      {leftOut.length === 0 && <p className="text-kumo-subtle">None: every backend takes part.</p>}
      <ul className="flex flex-col gap-1">
        {leftOut.map((one) => (
          <li key={`${one.pool}/${one.backend}`} className="flex flex-wrap items-baseline gap-x-3">
            <span className="font-medium text-kumo-default">{one.backend}</span>
            <LeftOutState status={one.status} />
            <span className="text-kumo-subtle">{whyInWords(one, now)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
