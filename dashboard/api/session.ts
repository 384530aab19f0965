/** Signing in and out, and who is signed in. */
import { queryOptions } from '@tanstack/react-query';
import { Store } from '@tanstack/react-store';
import { call } from './client.ts';

/** Who is signed in; an ApiError 401 for a browser that is not. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => call('GET /session'),
  retry: false,
  staleTime: 60_000,
});

/** Why the login link of the address did not sign in: it was used or is too old. null: there was none, or it did. */
export const loginRefusal = new Store<string | null>(null);

/** Signs in with the operator's token or a one-time code. */
export const signIn = (secret: { token: string } | { code: string }): Promise<unknown> =>
  call('POST /session', { body: secret });

/** Says whose session this is. */
export const nameSession = (name: string): Promise<unknown> => call('PUT /session', { body: { name } });

/** Ends the session of this browser, or every session. */
export async function signOut(everywhere: boolean): Promise<void> {
  await call('DELETE /session', { query: everywhere ? { everywhere } : {} });
}
