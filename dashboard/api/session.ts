/** Signing in and out, and who is signed in. */
import { queryOptions } from '@tanstack/react-query';
import { client, read, send } from './client.ts';

/** Who is signed in; an ApiError 401 when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => read(client.session.$get()),
  retry: false,
  staleTime: 60_000,
});

/** Signs in with the operator's token or a one-time code. */
export const signIn = (secret: { token: string } | { code: string }): Promise<unknown> =>
  send('POST', '/session', secret);

/** Ends the session in this browser. */
export async function signOut(): Promise<void> {
  await fetch('/api/session', { method: 'DELETE' });
}
