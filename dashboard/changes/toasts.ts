/** The dashboard's toasts: one manager, so that code outside components can show them too. */
import { createKumoToastManager } from '@cloudflare/kumo/components/toast';

/** The manager behind the page's Toasty. */
export const toasts = createKumoToastManager();

/** How long a toast with an Undo button stays. */
const UNDO_MS = 10_000;

/** Reports what was done, with an Undo button where there is an `undo`. */
export function toastSuccess(title: string, undo: (() => void) | null): void {
  const id = toasts.add({
    title,
    variant: 'success',
    timeout: UNDO_MS,
    ...(undo
      ? {
          actions: [
            {
              children: 'Undo',
              onClick: () => {
                toasts.close(id);
                undo();
              },
            },
          ],
        }
      : {}),
  }) as string;
}

/** Reports an error in the API's words; the toast stays until it is closed. */
export function toastError(title: string, message: string): void {
  toasts.add({ title, description: message, variant: 'error', timeout: 0, priority: 'high' });
}
