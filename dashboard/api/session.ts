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

/** Ends the session of this browser, or every session there is. */
export async function signOut(everywhere: boolean): Promise<void> {
  await fetch(`/api/session${everywhere ? '?everywhere=true' : ''}`, { method: 'DELETE' });
}
