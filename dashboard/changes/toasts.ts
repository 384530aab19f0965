/** The dashboard's toasts: one manager, so that code outside of components can speak too. */
import { createKumoToastManager } from '@cloudflare/kumo/components/toast';

/** The manager that the page's Toasty shows. */
export const toasts = createKumoToastManager();

/** How long a toast with an Undo stays. */
const UNDO_MS = 10_000;

/** Says what was done; `undo` is offered for ten seconds. */
export function tellDone(title: string, undo: (() => void) | null): void {
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

/** Says what went wrong, in the API's words; stays until it is closed. */
export function tellFailed(title: string, message: string): void {
  toasts.add({ title, description: message, variant: 'error', timeout: 0, priority: 'high' });
}
