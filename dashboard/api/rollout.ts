/** The rollout of a route: how it goes on, and what an operator may do with it. */
import { queryOptions } from '@tanstack/react-query';
import type { Rollout } from '../../worker/protocol/rollout-schemas.ts';
import { ApiError, type Call, call } from './client.ts';

export type { Rollout } from '../../worker/protocol/rollout-schemas.ts';

/** Figures of a rollout are not pushed, so they are fetched again while the dialog is open. */
const EVERY_MS = 2_000;

/** The rollout of a route, or the last one; null: it never had one. */
export const rolloutQuery = (route: string) =>
  queryOptions({
    queryKey: ['rollout', route],
    queryFn: async (): Promise<Rollout | null> => {
      try {
        return await call('GET /routes/:route/rollout', { params: { route } });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: EVERY_MS,
  });

/** What a rollout is begun with. */
export type RolloutInput = Call<'POST /routes/:route/rollout'>['body'];

/** Begins a rollout. */
export const startRollout = (route: string, body: RolloutInput): Promise<Rollout> =>
  call('POST /routes/:route/rollout', { params: { route }, body });

/** Pauses, resumes or aborts a rollout. */
export function actOnRollout(route: string, action: 'pause' | 'resume' | 'abort'): Promise<Rollout> {
  const params = { route };
  if (action === 'pause') return call('POST /routes/:route/rollout/pause', { params });
  if (action === 'resume') return call('POST /routes/:route/rollout/resume', { params });
  return call('DELETE /routes/:route/rollout', { params });
}
