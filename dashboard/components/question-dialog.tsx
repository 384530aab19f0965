/** Confirms a harmful action, and says in figures what would happen. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { ChangeButton } from './change-button.tsx';

/** A confirmation before an action that would do harm. */
export interface Question {
  readonly title: string;
  /** What would happen, in figures. */
  readonly consequence: string;
  readonly confirm: string;
  /** What the confirmation does; null: the action is impossible, and the consequence says why. */
  readonly act: (() => void) | null;
}

interface QuestionDialogProps {
  readonly question: Question | null;
  readonly onClose: () => void;
}

/** Open while there is a question. */
export function QuestionDialog({ question, onClose }: QuestionDialogProps) {
  const confirm = () => {
    question?.act?.();
    onClose();
  };
  return (
    <Dialog.Root role="alertdialog" open={question !== null} onOpenChange={(open) => !open && onClose()}>
      {question && (
        <Dialog className="flex flex-col gap-4 p-6">
          <Dialog.Title className="text-lg font-semibold [overflow-wrap:anywhere]">
            {question.title}
          </Dialog.Title>
          <Dialog.Description className="text-kumo-default [overflow-wrap:anywhere]">
            {question.consequence}
          </Dialog.Description>
          <div className="flex flex-wrap justify-end gap-2">
            <Button variant="secondary" onClick={onClose}>
              {question.act ? 'Cancel' : 'Close'}
            </Button>
            {question.act && (
              <ChangeButton variant="destructive" onClick={confirm}>
                {question.confirm}
              </ChangeButton>
            )}
          </div>
        </Dialog>
      )}
    </Dialog.Root>
  );
}
