/** Runs the commands of the palette. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { configQuery } from '../api/config.ts';
import { poolSamplesQuery } from '../api/status.ts';
import { changeBackends, STATE_DONE } from '../changes/change.ts';
import { submitChange } from '../changes/submit-change.ts';
import { consequence, isLast } from '../model/consequences.ts';
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
    if (!taken || !isLast(taken)) return null;
    return `${action.backend} is the last available backend of ${action.pool}. ${consequence(taken)}`;
  };
  const run = (action: CommandAction): void => {
    switch (action.do) {
      case 'go':
        void navigate({ to: action.to });
        return;
      case 'pool':
        void navigate({
          to: '/pools/$pool',
          params: { pool: action.pool },
          search: action.edit === undefined ? {} : { edit: action.edit },
        });
        return;
      case 'requests': {
        const { pool, backend } = action;
        void navigate({ to: '/requests', search: backend === undefined ? { pool } : { pool, backend } });
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
