/** The way out, for whoever offers it. */
import { useQueryClient } from '@tanstack/react-query';
import { sessionQuery, signOut } from '../api/session.ts';
import { tellSignedOut } from './signed-out.ts';

/** Ends the session, in every tab. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await signOut();
    tellSignedOut();
    await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
}
