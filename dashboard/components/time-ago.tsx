/** A time relative to now, with the exact time on hover. */
import { useTicking } from '../live/use-live.ts';
import { ago, exactTime } from '../model/format.ts';

/** `12 s ago`; `at` in epoch ms. */
export function TimeAgo({ at }: { readonly at: number }) {
  const text = useTicking((now) => ago(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {text}
    </time>
  );
}
