/** How a backend stands: the balancer's verdict, the operator's intent, and why or how far. */
import type { BackendConfig } from '../../api/config.ts';
import type { BackendStatus } from '../../api/status.ts';
import { State } from '../../components/state.tsx';
import { useTicking } from '../../live/use-live.ts';
import { countdown } from '../../model/format.ts';
import { progress, type Standing, standingOf } from './standing.ts';

interface StateCellProps {
  readonly backend: BackendConfig;
  readonly status: BackendStatus | undefined;
  readonly cause: string | null;
}

/** Both facts in words, one colour each. */
export function StateCell({ backend, status, cause }: StateCellProps) {
  const standing = standingOf(backend, status);
  const disableAt = status?.drain?.disableAt;
  return (
    <span className="flex min-w-0 flex-col">
      <Verdict standing={standing} />
      {standing.word !== 'ejected' && standing.ejectedUntil !== null && (
        <Ejection until={standing.ejectedUntil} />
      )}
      <span className="text-balance text-kumo-subtle">
        {backend.state === 'draining' ? (
          <Progress status={status} />
        ) : (
          (cause ?? (standing.word === standing.intent ? 'by the operator' : standing.intent))
        )}
      </span>
      {disableAt && <Deadline at={disableAt} />}
    </span>
  );
}

function Verdict({ standing: { tone, word, ejectedUntil } }: { readonly standing: Standing }) {
  if (word === 'ejected' && ejectedUntil !== null) return <Ejection until={ejectedUntil} />;
  return <State tone={tone}>{word}</State>;
}

/** `ejected · 12 s`; once the time is over the next request that may be repeated is the probe. */
function Ejection({ until }: { readonly until: number }) {
  const rest = useTicking((now) => (until > now ? countdown(until, now) : 'probing next'));
  return <State tone="bad">{`ejected · ${rest}`}</State>;
}

function Progress({ status }: { readonly status: BackendStatus | undefined }) {
  const text = useTicking((now) => progress(status, now));
  return (
    <span
      title={status?.drain?.why}
      className={status?.drain?.safeToRemove ? 'text-kumo-success' : undefined}
    >
      {text}
    </span>
  );
}

function Deadline({ at }: { readonly at: number }) {
  const text = useTicking((now) => (at > now ? `disabled in ${countdown(at, now)}` : 'being disabled'));
  return <span className="text-kumo-subtle">{text}</span>;
}
