/** The full story of one request, in a dialog: what became of it, every attempt, and why it went there. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { XIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { type Mapping, requestsOfIdQuery } from '../../api/requests.ts';
import { CopyButton } from '../../components/copy.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { plural } from '../../model/format.ts';
import { StoryPart } from './story-part.tsx';

interface StoryProps {
  /** The request id that the URL names; undefined: closed. */
  readonly id: string | undefined;
  /** What the page has already. */
  readonly known: readonly Mapping[];
  readonly onClose: () => void;
}

/** Open while there is an id. */
export function Story({ id, known, onClose }: StoryProps) {
  // What was shown stays while the dialog fades.
  const last = useRef(id ?? '');
  if (id !== undefined) last.current = id;
  return (
    <Dialog.Root open={id !== undefined} onOpenChange={(open) => !open && onClose()}>
      <Dialog size="xl" className="flex max-h-[88dvh] flex-col p-0">
        <header className="flex items-start gap-4 px-6 pt-6 pb-4">
          {/* First, so that it has the focus. */}
          <Dialog.Close
            render={(props) => (
              <Button
                {...props}
                variant="ghost"
                shape="square"
                icon={XIcon}
                aria-label="Close"
                className="order-last"
              />
            )}
          />
          <div className="min-w-0 flex-1">
            <Dialog.Title className="text-lg font-semibold">Request</Dialog.Title>
            <Dialog.Description className="flex items-center gap-1 text-kumo-subtle">
              <span className="min-w-0 truncate font-mono text-[13px]">{last.current}</span>
              <CopyButton value={last.current} what="request id" />
            </Dialog.Description>
          </div>
        </header>
        <div className="flex min-h-0 flex-col gap-8 overflow-y-auto px-6 pt-1 pb-6">
          <Parts id={last.current} known={known} />
        </div>
      </Dialog>
    </Dialog.Root>
  );
}

function Parts({ id, known }: { readonly id: string; readonly known: readonly Mapping[] }) {
  const here = known.filter(({ requestId }) => requestId === id);
  const query = useQuery({ ...requestsOfIdQuery(id), enabled: here.length === 0 });
  const all = here.length > 0 ? here : query.data;
  if (!all) return query.error ? <QueryError what="The request" query={query} /> : <Skeleton lines={5} />;
  if (all.length === 0)
    return (
      <p className="text-kumo-subtle">
        This request is not on record: it may still be on its way, or be older than the last 1,000 of its
        pool.
      </p>
    );
  return (
    <>
      {all.length > 1 && <p>{plural(all.length, 'request')} carry this id: the client sent it again.</p>}
      {all.map((mapping) => (
        <StoryPart key={`${mapping.at} ${mapping.path}`} mapping={mapping} />
      ))}
    </>
  );
}
