/** The sign-in page until the operator has signed in, then the pages with their live connection. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { isSignedOut } from './api/client.ts';
import { sessionQuery } from './api/session.ts';
import type { LiveConnection } from './live/connection.ts';
import { startLive } from './live/live.ts';
import { LiveContext } from './live/use-live.ts';
import { router } from './router.tsx';
import { onSignedOut } from './shell/sign-out.ts';

// Loaded when it is needed, because it brings an input field that the first page does not need.
const SignIn = lazy(async () => ({ default: (await import('./shell/sign-in.tsx')).SignIn }));

/** The whole dashboard. */
export function App() {
  const queries = useQueryClient();
  const session = useQuery(sessionQuery);
  const isOut = isSignedOut(session.error);

  useEffect(
    () => onSignedOut(() => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey })),
    [queries],
  );
  useEffect(() => {
    // After signing out, nothing stays behind for the next user to see.
    if (isOut) queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
  }, [isOut, queries]);

  if (isOut)
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
  if (session.isPending) return null;
  if (!session.data && session.error) return <Unreachable message={session.error.message} />;
  return <SignedIn />;
}

function SignedIn() {
  const queries = useQueryClient();
  const [connection, setConnection] = useState<LiveConnection | null>(null);
  useEffect(() => {
    const live = startLive(queries);
    setConnection(live.connection);
    return live.stop;
  }, [queries]);
  return (
    <LiveContext value={connection}>
      <RouterProvider router={router} />
    </LiveContext>
  );
}

function Unreachable({ message }: { readonly message: string }) {
  const queries = useQueryClient();
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 px-4">
      <h1 className="text-lg font-semibold text-kumo-default">The dashboard could not start</h1>
      <p role="alert" className="text-kumo-danger">
        {message}
      </p>
      <button
        type="button"
        className="self-start text-kumo-link underline"
        onClick={() => void queries.invalidateQueries()}
      >
        Try again
      </button>
    </main>
  );
}
