/** Signing out, in every tab of this browser. */
import { useQueryClient } from '@tanstack/react-query';
import { sessionQuery, signOut } from '../api/session.ts';

/** Ends Cloudflare Access's own session; otherwise Access would sign the same identity in again at once. */
const ACCESS_LOGOUT = '/cdn-cgi/access/logout';

const channel = new BroadcastChannel('evenkeel-session');

/** Calls `then` when another tab has signed out. Returns the function that ends this. */
export function onSignedOut(then: () => void): () => void {
  const listener = ({ data }: MessageEvent) => data === 'signed-out' && then();
  channel.addEventListener('message', listener);
  return () => channel.removeEventListener('message', listener);
}

/** Ends the session in every tab; `everywhere`: ends every session, on other machines too. */
export function useSignOut(): (everywhere?: boolean) => Promise<void> {
  const queries = useQueryClient();
  return async (everywhere = false) => {
    const who = queries.getQueryData(sessionQuery.queryKey)?.session.who;
    await signOut(everywhere);
    channel.postMessage('signed-out');
    if (who?.includes('@')) location.assign(ACCESS_LOGOUT);
    else await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
}
