/** The actions on one backend: drain or enable with one click, the others in a menu. */

import { DropdownMenu } from '@cloudflare/kumo/components/dropdown';
import {
  DotsThreeVerticalIcon,
  HourglassIcon,
  PencilSimpleIcon,
  ProhibitIcon,
  TrashIcon,
} from '@phosphor-icons/react';
import { memo } from 'react';
import type { BackendConfig } from '../../api/config.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import type { Actions } from './actions.ts';

interface RowActionsProps {
  readonly id: string;
  readonly state: BackendConfig['state'];
  readonly actions: Actions;
}

/** The button and the menu. */
export const RowActions = memo(function RowActions({ id, state, actions }: RowActionsProps) {
  const isActive = state === 'active';
  const toggle = () => (isActive ? actions.drain([id]) : actions.enable([id]));
  return (
    <span className="flex items-center justify-end gap-1">
      <ChangeButton
        size="sm"
        variant="secondary"
        onClick={toggle}
        aria-label={`${isActive ? 'Drain' : 'Enable'} ${id}`}
        className="w-18 justify-center"
      >
        {isActive ? 'Drain' : 'Enable'}
      </ChangeButton>
      <DropdownMenu>
        <DropdownMenu.Trigger
          render={
            <ChangeButton
              size="sm"
              variant="ghost"
              shape="square"
              icon={<DotsThreeVerticalIcon size={18} weight="bold" />}
              aria-label={`More actions for ${id}`}
            />
          }
        />
        <DropdownMenu.Content>
          <DropdownMenu.Item icon={PencilSimpleIcon} onClick={() => actions.edit(id)}>
            Edit…
          </DropdownMenu.Item>
          {state !== 'disabled' && (
            <DropdownMenu.Item icon={HourglassIcon} onClick={() => actions.drainUntil(id)}>
              Drain with a deadline…
            </DropdownMenu.Item>
          )}
          {state !== 'disabled' && (
            <DropdownMenu.Item icon={ProhibitIcon} onClick={() => actions.disable([id])}>
              Disable
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Separator />
          <DropdownMenu.Item icon={TrashIcon} variant="danger" onClick={() => actions.remove([id])}>
            Remove
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu>
    </span>
  );
});
