/** Carries out what the command palette offers. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { BackendConfig } from '../api/config.ts';
import { configQuery } from '../api/config.ts';
import { pulsesQuery } from '../api/status.ts';
import { carryOut as carryOutChange } from '../changes/carry-out.ts';
import { changeBackends } from '../changes/change.ts';
import { consequence, isLast } from '../pages/pool/consequences.ts';
import type { Deed } from './commands.ts';
import { setTheme } from './theme.ts';
import { useSignOut } from './use-sign-out.ts';

const DONE: Record<BackendConfig['state'], string> = {
  draining: 'Drained',
  active: 'Activated',
  disabled: 'Disabled',
};

/** `harmOf`: what a deed would do that must be asked about first, null when it is harmless. */
export function useDeeds() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const harmOf = (deed: Deed): string | null => {
    if (deed.do !== 'state' || deed.state === 'active') return null;
    const { config } = queries.getQueryData(configQuery.queryKey) ?? {};
    const pool = config?.pools.find(({ id }) => id === deed.pool);
    const statuses = queries.getQueryData(pulsesQuery.queryKey)?.[deed.pool]?.status.backends ?? [];
    const taken = pool && { pool, statuses, ids: [deed.backend] };
    if (!taken || !isLast(taken)) return null;
    return `${deed.backend} is the last available backend of ${deed.pool}. ${consequence(taken)}`;
  };
  const carryOut = (deed: Deed): void => {
    switch (deed.do) {
      case 'go':
        void navigate({ to: deed.to });
        return;
      case 'pool':
        void navigate({
          to: '/pools/$pool',
          params: { pool: deed.pool },
          search: deed.edit === undefined ? {} : { edit: deed.edit },
        });
        return;
      case 'requests': {
        const { pool, backend } = deed;
        void navigate({ to: '/requests', search: backend === undefined ? { pool } : { pool, backend } });
        return;
      }
      case 'state': {
        const { pool, backend, state } = deed;
        const label = `${DONE[state]} ${backend} of ${pool}`;
        // Not by useChange: the palette is gone before the change is done.
        void carryOutChange(queries, changeBackends(pool, [backend], { state }, label));
        return;
      }
      case 'theme':
        setTheme(deed.theme);
        return;
      case 'sign-out':
        void signOut();
    }
  };
  return { carryOut, harmOf };
}
