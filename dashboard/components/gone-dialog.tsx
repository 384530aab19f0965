/** What opens instead of a form whose subject is not in the configuration: an old link, or somebody else removed it. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';

interface GoneDialogProps {
  /** `backend b of pool shop`. */
  readonly what: string;
  readonly onClose: () => void;
}

/** Open for as long as it is rendered. */
export function GoneDialog({ what, onClose }: GoneDialogProps) {
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog className="flex flex-col gap-4 p-6">
        <Dialog.Title className="text-lg font-semibold break-words">There is no {what}</Dialog.Title>
        <Dialog.Description className="text-kumo-default">
          The configuration in force does not have it. The history tells what was changed, and when.
        </Dialog.Description>
        <Button variant="secondary" className="self-end" onClick={onClose}>
          Close
        </Button>
      </Dialog>
    </Dialog.Root>
  );
}
