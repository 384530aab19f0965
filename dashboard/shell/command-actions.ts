/** Runs the commands of the palette. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { configQuery } from '../api/config.ts';
import { poolSamplesQuery } from '../api/status.ts';
import { changeBackends, STATE_DONE } from '../changes/change.ts';
import { submitChange } from '../changes/submit-change.ts';
import { questionOf } from '../model/consequences.ts';
import type { CommandAction } from './commands.ts';
import { useSignOut } from './sign-out.ts';
import { setTheme } from './theme.ts';

/** `run` runs a command; `warningFor`: what to confirm before it, null if it is harmless. */
export function useCommandActions() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const warningFor = (action: CommandAction): string | null => {
    if (action.do !== 'state' || action.state === 'active') return null;
    const { config } = queries.getQueryData(configQuery.queryKey) ?? {};
    const pool = config?.pools.find(({ id }) => id === action.pool);
    const statuses = queries.getQueryData(poolSamplesQuery.queryKey)?.[action.pool]?.status.backends ?? [];
    const taken = pool && { pool, statuses, ids: [action.backend] };
    const asked = taken && questionOf(taken, action.state === 'draining' ? 'Drain' : 'Disable');
    return asked ? `${asked.title} ${asked.consequence}` : null;
  };
  const run = (action: CommandAction): void => {
    switch (action.do) {
      case 'go':
        if (action.add) void navigate({ to: '/', search: { add: action.add } });
        else void navigate({ to: action.to });
        return;
      case 'pool':
        void navigate({
          to: '/pools/$pool',
          params: { pool: action.pool },
          search: {
            ...(action.edit === undefined ? {} : { edit: action.edit }),
            ...(action.tab === undefined ? {} : { tab: action.tab }),
          },
        });
        return;
      case 'requests': {
        const { do: _, ...search } = action;
        void navigate({ to: '/requests', search });
        return;
      }
      case 'routes': {
        const { do: _, ...search } = action;
        void navigate({ to: '/routes', search });
        return;
      }
      case 'state': {
        const { pool, backend, state } = action;
        const label = `${STATE_DONE[state]} ${backend} of ${pool}`;
        // Without useChange: the palette is closed before the change is done.
        void submitChange(queries, changeBackends(pool, [backend], { state }, label));
        return;
      }
      case 'theme':
        setTheme(action.theme);
        return;
      case 'sign-out':
        void signOut();
    }
  };
  return { run, warningFor };
}
