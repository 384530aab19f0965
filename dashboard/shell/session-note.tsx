/** Who is signed in, at the foot of the navigation: that a viewer may only look, and whose session this is. */
import { EyeIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { sessionQuery } from '../api/session.ts';
import { VIEWER_REASON } from '../changes/may-change.ts';

// Loaded when it is needed, because it brings an input field that the first page does not need.
const WhoAreYou = lazy(async () => ({ default: (await import('./who-are-you.tsx')).WhoAreYou }));

/** The note; nothing for an operator whose name is known or who would not give it. */
export function SessionNote() {
  const { data } = useQuery(sessionQuery);
  if (!data) return null;
  const { who, viewer } = data.session;
  if (viewer)
    return (
      <p role="note" className="flex items-start gap-2 rounded-md bg-kumo-tint px-3 py-2 text-kumo-default">
        <EyeIcon aria-hidden="true" size={18} className="mt-0.5 shrink-0" />
        <span>{VIEWER_REASON}</span>
      </p>
    );
  return who === 'session' ? (
    <Suspense>
      <WhoAreYou />
    </Suspense>
  ) : null;
}
