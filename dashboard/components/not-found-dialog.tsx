/** Shown instead of a form whose subject does not exist: the link is old, or the subject was removed elsewhere. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';

interface NotFoundDialogProps {
  /** `Backend b of pool shop`. */
  readonly what: string;
  readonly onClose: () => void;
}

/** Open while it is rendered. */
export function NotFoundDialog({ what, onClose }: NotFoundDialogProps) {
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog className="flex flex-col gap-4 p-6">
        <Dialog.Title className="text-lg font-semibold break-words">{what} not found</Dialog.Title>
        <Dialog.Description className="text-kumo-default">
          The current configuration does not contain it. The history shows what was changed, and when.
        </Dialog.Description>
        <Button variant="secondary" className="self-end" onClick={onClose}>
          Close
        </Button>
      </Dialog>
    </Dialog.Root>
  );
}
