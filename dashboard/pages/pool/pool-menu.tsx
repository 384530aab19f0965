/** The actions on the pool itself. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { DropdownMenu } from '@cloudflare/kumo/components/dropdown';
import { DotsThreeVerticalIcon, TrashIcon, WrenchIcon } from '@phosphor-icons/react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Config, PoolConfig } from '../../api/config.ts';
import { removePool } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { plural } from '../../model/format.ts';
import { MaintenanceDialog } from './maintenance.tsx';

interface PoolMenuProps {
  readonly pool: PoolConfig;
  readonly config: Config;
}

/** The menu, the confirmation before deleting, and the dialog for maintenance. */
export function PoolMenu({ pool, config }: PoolMenuProps) {
  const [open, setOpen] = useState<'delete' | 'maintenance' | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <DropdownMenu>
        <DropdownMenu.Trigger
          render={
            <ChangeButton
              variant="secondary"
              shape="square"
              icon={<DotsThreeVerticalIcon size={18} weight="bold" />}
              aria-label={`More actions for pool ${pool.id}`}
            />
          }
        />
        <DropdownMenu.Content>
          <DropdownMenu.Item icon={WrenchIcon} onClick={() => setOpen('maintenance')}>
            Maintenance…
          </DropdownMenu.Item>
          <DropdownMenu.Separator />
          <DropdownMenu.Item icon={TrashIcon} variant="danger" onClick={() => setOpen('delete')}>
            Delete pool…
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu>
      <Dialog.Root role="alertdialog" open={open === 'delete'} onOpenChange={close}>
        {open === 'delete' && <DeletePool pool={pool} config={config} onClose={close} />}
      </Dialog.Root>
      <Dialog.Root open={open === 'maintenance'} onOpenChange={close}>
        {open === 'maintenance' && <MaintenanceDialog pool={pool} config={config} onClose={close} />}
      </Dialog.Root>
    </>
  );
}

function DeletePool({ pool, config, onClose }: PoolMenuProps & { readonly onClose: () => void }) {
  const { run } = useChange();
  const navigate = useNavigate();
  const routes = config.routes.filter((route) => route.pool === pool.id);
  const pools = config.pools.filter(({ whenUnavailable }) => whenUnavailable === `pool:${pool.id}`);
  const isUsed = routes.length > 0 || pools.length > 0;
  const remove = async () => {
    onClose();
    // Leave the page first: while the change is under way, the pool no longer exists.
    await navigate({ to: '/' });
    if (!(await run(removePool(pool.id, `Deleted pool ${pool.id}`))))
      void navigate({ to: '/pools/$pool', params: { pool: pool.id } });
  };
  return (
    <Dialog className="flex flex-col gap-4 p-6">
      <Dialog.Title className="text-lg font-semibold">Delete pool {pool.id}?</Dialog.Title>
      <Dialog.Description className="text-kumo-default">
        {isUsed
          ? `Pool ${pool.id} cannot be deleted because it is in use. Change or delete these first:`
          : `This deletes its ${plural(pool.backends.length, 'backend')} and its settings. No route leads to it, so no request is affected. You can undo this.`}
      </Dialog.Description>
      {isUsed && (
        <ul className="flex list-disc flex-col gap-1 pl-5">
          {routes.map(({ id, host, path }) => (
            <li key={id}>
              <Link to="/routes" search={{ edit: id }} className="text-kumo-link underline">
                Route {id}
              </Link>{' '}
              ({host}
              {path})
            </li>
          ))}
          {pools.map(({ id }) => (
            <li key={id}>
              <Link
                to="/pools/$pool"
                params={{ pool: id }}
                search={{ tab: 'settings' }}
                className="text-kumo-link underline"
              >
                Pool {id}
              </Link>{' '}
              (uses it as its fallback)
            </li>
          ))}
        </ul>
      )}
      <div className="flex justify-end gap-2">
        <Button variant="secondary" onClick={onClose}>
          {isUsed ? 'Close' : 'Cancel'}
        </Button>
        {!isUsed && (
          <ChangeButton variant="destructive" onClick={remove}>
            Delete {pool.id}
          </ChangeButton>
        )}
      </div>
    </Dialog>
  );
}
