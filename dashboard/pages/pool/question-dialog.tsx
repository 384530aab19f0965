/** Confirms a harmful action, and says in figures what would happen. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useChange } from '../../changes/submit-change.ts';
import type { Question } from './actions.ts';

interface QuestionDialogProps {
  readonly question: Question | null;
  readonly onClose: () => void;
}

/** Open while there is a question. */
export function QuestionDialog({ question, onClose }: QuestionDialogProps) {
  const { run } = useChange();
  const confirm = () => {
    if (question?.change) void run(question.change);
    onClose();
  };
  return (
    <Dialog.Root role="alertdialog" open={question !== null} onOpenChange={(open) => !open && onClose()}>
      {question && (
        <Dialog className="flex flex-col gap-4 p-6">
          <Dialog.Title className="text-lg font-semibold">{question.title}</Dialog.Title>
          <Dialog.Description className="text-kumo-default">{question.consequence}</Dialog.Description>
          <div className="flex flex-wrap justify-end gap-2">
            <Button variant="secondary" onClick={onClose}>
              {question.change ? 'Cancel' : 'Close'}
            </Button>
            {question.change && (
              <Button variant="destructive" onClick={confirm}>
                {question.confirm}
              </Button>
            )}
          </div>
        </Dialog>
      )}
    </Dialog.Root>
  );
}
