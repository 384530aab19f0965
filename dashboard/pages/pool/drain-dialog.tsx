/** Draining with a deadline: how long the backend keeps its clients, and which backends get the new ones. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { Input } from '@cloudflare/kumo/components/input';
import { type FormEvent, useState } from 'react';
import type { ApiError } from '../../api/client.ts';
import type { PoolConfig } from '../../api/config.ts';
import type { PoolSample } from '../../api/status.ts';
import { drainBackend } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { consequence } from '../../model/consequences.ts';
import { parseDuration } from '../../model/quantity.ts';

interface DrainDialogProps {
  readonly pool: PoolConfig;
  readonly backend: string;
  readonly poolSample: PoolSample | undefined;
  readonly onClose: () => void;
}

/** Deadlines to choose from. */
const PRESETS = ['5 min', '15 min', '1 h'];

const HINT = 'A time such as 90 s, 10 min or 2 h. Leave it empty to drain until you disable or enable it.';

/** The dialog for one backend. */
export function DrainDialog({ pool, backend, poolSample, onClose }: DrainDialogProps) {
  const { run, busy } = useChange();
  const [deadline, setDeadline] = useState('');
  const [problem, setProblem] = useState('');
  const change = (text: string) => {
    setDeadline(text);
    setProblem('');
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const isEndless = deadline.trim() === '';
    const deadlineMs = isEndless ? null : parseDuration(deadline, 'min');
    if (!isEndless && !deadlineMs) {
      setProblem(`${deadline.trim()} is not a time. Write it as 90 s, 10 min or 2 h.`);
      return;
    }
    try {
      await run(drainBackend(pool.id, backend, deadlineMs, `Draining ${backend} of ${pool.id}`), true);
      onClose();
    } catch (error) {
      const { errors, message } = error as ApiError;
      setProblem(errors[0]?.message ?? message);
    }
  };
  const statuses = poolSample?.status.backends ?? [];
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog className="p-6">
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Dialog.Title className="text-lg font-semibold">
            Drain {backend} of {pool.id}
          </Dialog.Title>
          <Dialog.Description className="text-kumo-subtle">
            New clients go to other backends; existing clients stay.{' '}
            {consequence({ pool, statuses, ids: [backend] })}
          </Dialog.Description>
          <Input
            label="Disable after"
            description={HINT}
            placeholder="10 min"
            value={deadline}
            onChange={(event) => change(event.currentTarget.value)}
            error={problem || undefined}
            aria-invalid={problem !== ''}
            autoComplete="off"
          />
          <div className="-mt-2 flex flex-wrap gap-2">
            {PRESETS.map((time) => (
              <Button key={time} size="sm" variant="secondary" onClick={() => change(time)}>
                {time}
              </Button>
            ))}
          </div>
          <div className="flex justify-end gap-2">
            <Button variant="secondary" onClick={onClose}>
              Cancel
            </Button>
            <ChangeButton type="submit" variant="primary" loading={busy}>
              Drain
            </ChangeButton>
          </div>
        </form>
      </Dialog>
    </Dialog.Root>
  );
}
