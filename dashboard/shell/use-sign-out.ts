/** The way out, for whoever offers it. */
import { useQueryClient } from '@tanstack/react-query';
import { sessionQuery, signOut } from '../api/session.ts';
import { tellSignedOut } from './signed-out.ts';

/** Where Cloudflare Access ends its own session; without it an identity of Access would be signed in again at once. */
const ACCESS_LOGOUT = '/cdn-cgi/access/logout';

/** Ends the session in every tab; `everywhere`: every session there is, on other machines too. */
export function useSignOut(): (everywhere?: boolean) => Promise<void> {
  const queries = useQueryClient();
  return async (everywhere = false) => {
    const who = queries.getQueryData(sessionQuery.queryKey)?.session.who;
    await signOut(everywhere);
    tellSignedOut();
    if (who?.includes('@')) location.assign(ACCESS_LOGOUT);
    else await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
}
