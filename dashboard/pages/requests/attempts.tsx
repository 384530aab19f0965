/** Every attempt of a request on a small time line: who was asked, how it ended, how long it took. */
import type { Mapping } from '../../api/requests.ts';
import { State, toneBar } from '../../components/state.tsx';
import { count } from '../../model/format.ts';
import { describeAttempt, stretches } from '../../model/mapping.ts';

/** The attempts in order; each bar begins where the one before it ended. */
export function Attempts({ mapping }: { readonly mapping: Mapping }) {
  const { attempts } = mapping;
  const bars = stretches(mapping);
  if (attempts.length === 0)
    return <p className="text-kumo-subtle">No backend was asked: none could take the request.</p>;
  return (
    <ol aria-label="Attempts" className="flex flex-col gap-3 rounded-md border border-kumo-line p-4 sm:gap-2">
      {attempts.map((attempt, i) => {
        const tone = attempt.outcome === 'ok' ? 'good' : 'bad';
        const bar = bars[i];
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: attempts never change
            key={i}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 sm:grid-cols-[6rem_minmax(0,16rem)_minmax(0,1fr)_5rem]"
          >
            <span className="truncate font-medium" title={attempt.backend}>
              {attempt.backend}
            </span>
            <span className="col-span-2 row-start-2 sm:col-span-1 sm:row-auto">
              <State tone={tone}>{describeAttempt(attempt)}</State>
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
