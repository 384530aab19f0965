/** Whether the figures on the page are of now: a dot and a word. */

import { useConnection, useStaleSince, useTicking } from '../live/use-live.ts';
import { clock, duration } from '../model/format.ts';

/** `live`, `asking every 2 s`, or since when nothing was heard. */
export function LiveDot() {
  const { phase, heardAt } = useConnection();
  const staleSince = useStaleSince();
  const silent = useTicking((now) => (staleSince === null ? null : duration(now - staleSince)));
  const [color, text] = silent
    ? ['bg-kumo-warning', `no update for ${silent}, retrying`]
    : phase === 'live'
      ? ['bg-kumo-success', 'live']
      : phase === 'polling'
        ? ['bg-kumo-warning', 'asking every 2 s']
        : ['bg-kumo-fill', 'connecting'];
  const title = heardAt > 0 ? `last heard at ${clock(heardAt)}` : 'nothing heard yet';
  return (
    <span
      role="status"
      title={title}
      className="inline-flex items-center gap-2 whitespace-nowrap text-kumo-subtle"
    >
      <span aria-hidden="true" className={`size-2 rounded-full ${color}`} />
      {text}
    </span>
  );
}
