/** A dialog with a form: title, fields that scroll, messages that belong to no field, and two buttons. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ChangeButton } from './change-button.tsx';

interface FormDialogProps {
  readonly title: string;
  readonly description?: string;
  readonly action: string;
  readonly busy: boolean;
  /** Messages that belong to no field. */
  readonly problems: readonly string[];
  /** Submits the form; false: it stays open. */
  readonly submit: () => Promise<boolean>;
  readonly onClose: () => void;
  /** Called after it was submitted; by default the dialog closes. */
  readonly onDone?: () => void;
  readonly children: ReactNode;
}

/** Open while it is rendered. */
export function FormDialog({
  title,
  description,
  action,
  busy,
  problems,
  submit,
  onClose,
  onDone = onClose,
  children,
}: FormDialogProps) {
  const form = useRef<HTMLFormElement>(null);
  const [refusals, setRefusals] = useState(0);
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (await submit()) onDone();
    else setRefusals((n) => n + 1);
  };
  // Focuses the first field with a message, once the new messages are drawn.
  useEffect(() => {
    if (refusals > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusals]);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog size="xl" className="flex max-h-[92dvh] flex-col p-0">
        <form ref={form} onSubmit={onSubmit} noValidate className="flex min-h-0 flex-col">
          <header className="flex flex-col gap-1 px-6 pt-6 pb-4">
            <Dialog.Title className="text-lg font-semibold">{title}</Dialog.Title>
            {description && (
              <Dialog.Description className="text-kumo-subtle">{description}</Dialog.Description>
            )}
          </header>
          <div className="flex min-h-0 flex-col gap-6 overflow-y-auto px-6 pt-1 pb-6">{children}</div>
          <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-kumo-line px-6 py-4">
            {problems.length > 0 && (
              <p role="alert" className="min-w-0 flex-1 basis-64 break-words text-kumo-danger">
                {problems.join('; ')}
              </p>
            )}
            <Button variant="secondary" onClick={onClose}>
              Cancel
            </Button>
            <ChangeButton type="submit" variant="primary" loading={busy}>
              {action}
            </ChangeButton>
          </footer>
        </form>
      </Dialog>
    </Dialog.Root>
  );
}
