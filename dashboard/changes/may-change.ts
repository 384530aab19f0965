/** Whether the signed-in operator may change things, or only look. */
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/session.ts';

/** Why a control is disabled for a viewer. */
export const VIEWER_REASON = 'You are signed in to look, not to change.';

/** False for a viewer; true also until that is known, because the API refuses in any case. */
export function useMayChange(): boolean {
  const { data } = useQuery({ ...sessionQuery, select: ({ session }) => session.viewer !== true });
  return data ?? true;
}

/** The same outside a component. */
export const mayChange = (queries: QueryClient): boolean =>
  queries.getQueryData(sessionQuery.queryKey)?.session.viewer !== true;
