/** A time: absolute, and relative to now. */
import { useTicking } from '../live/use-live.ts';
import { ago, clockWithZone, exactTime } from '../model/format.ts';

/** `12:04:31 CET, 12 s ago`; `at` in epoch ms. */
export const TimeAndAgo = ({ at }: { readonly at: number }) => (
  <>
    {clockWithZone(at)}, <TimeAgo at={at} />
  </>
);

/** `12 s ago`; `at` in epoch ms. */
export function TimeAgo({ at }: { readonly at: number }) {
  const text = useTicking((now) => ago(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {text}
    </time>
  );
}
