/** Maintenance of a whole pool: its routes lead elsewhere in one change, and back in another. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { InputArea } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { WrenchIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Config, PoolConfig } from '../../api/config.ts';
import { formerRoutesQuery } from '../../api/former-routes.ts';
import { poolSamplesQuery } from '../../api/status.ts';
import { putRoutes } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { perSecond, plural } from '../../model/format.ts';
import { type Elsewhere, leadsTo, ledElsewhere } from '../../model/maintenance.ts';
import { rate } from '../../model/rates.ts';

interface MaintenanceProps {
  readonly pool: PoolConfig;
  readonly config: Config;
}

/** The choice of a fixed answer: no pool can be called so. */
const ANSWER = '*';
const DEFAULT_BODY = 'This service is under maintenance. Please try again in a few minutes.';

/** The dialog that begins a maintenance. */
export function MaintenanceDialog({ pool: { id }, config, onClose }: MaintenanceProps & { onClose(): void }) {
  const { run } = useChange();
  const routes = config.routes.filter((route) => leadsTo(id, route));
  const others = config.pools.filter((pool) => pool.id !== id);
  const [to, setTo] = useState(ANSWER);
  const [body, setBody] = useState(DEFAULT_BODY);
  const { data: samples } = useQuery(poolSamplesQuery);
  const perS = rate(samples?.[id]?.samples ?? [], Date.now());
  const begin = () => {
    const elsewhere: Elsewhere =
      to === ANSWER ? { kind: 'respond', status: 503, body } : { kind: 'pool', pool: to };
    const label = `Maintenance of ${id}: ${to === ANSWER ? 'its clients get 503' : `its requests go to ${to}`}`;
    void run(
      putRoutes(
        routes.map((route) => ledElsewhere(route, id, elsewhere)),
        label,
      ),
    );
    onClose();
  };
  const isPossible = routes.length > 0;
  return (
    <Dialog className="flex flex-col gap-4 p-6">
      <Dialog.Title className="text-lg font-semibold">Take {id} out for maintenance</Dialog.Title>
      <Dialog.Description className="text-kumo-default">
        {isPossible
          ? `${plural(routes.length, 'route leads', 'routes lead')} here (${namesOf(routes)}), with ${perSecond(perS)} requests per second. One change sends them elsewhere, and one click brings them back.`
          : 'No route leads to this pool: it gets no requests already.'}
      </Dialog.Description>
      {isPossible && (
        <Select
          label="Meanwhile its clients get"
          value={to}
          onValueChange={(next) => next && setTo(next)}
          items={{
            [ANSWER]: 'a fixed answer, 503 with Retry-After',
            ...Object.fromEntries(others.map((pool) => [pool.id, `what pool ${pool.id} answers`])),
          }}
          className="w-full"
        />
      )}
      {isPossible && to === ANSWER && (
        <InputArea
          label="Answer"
          description="Text, or HTML if it begins with <"
          value={body}
          onValueChange={(text: string) => setBody(text)}
          rows={3}
          className="w-full"
        />
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={onClose}>
          {isPossible ? 'Cancel' : 'Close'}
        </Button>
        {isPossible && (
          <ChangeButton variant="primary" onClick={begin}>
            Begin maintenance
          </ChangeButton>
        )}
      </div>
    </Dialog>
  );
}

/** The first ids, and how many more. */
function namesOf(items: readonly { readonly id: string }[]): string {
  const names = items.slice(0, 4).map(({ id }) => id);
  return items.length > 4 ? `${names.join(', ')} and ${items.length - 4} more` : names.join(', ');
}

/** Shown on the page of a pool that no route leads to: why it gets no requests, and the button that brings them back. */
export function NoRouteNote({
  pool: { id },
  config,
  revision,
}: MaintenanceProps & { readonly revision: number }) {
  const { run, busy } = useChange();
  const isBackup = config.pools.some(({ whenUnavailable }) => whenUnavailable === `pool:${id}`);
  const { data: former } = useQuery(formerRoutesQuery(id, revision, config));
  const bringBack = () =>
    former &&
    void run(putRoutes(former.routes, `Ended the maintenance of ${id}: its routes lead here again`));
  return (
    <section
      aria-label="No route leads here"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-kumo-line bg-kumo-base p-4"
    >
      <WrenchIcon aria-hidden="true" size={20} className="shrink-0 text-kumo-subtle" />
      <p className="min-w-0 flex-1 basis-64 text-kumo-default">
        No route leads to this pool, so it gets no requests
        {isBackup && ' but those of pools that fall back to it'}.{' '}
        {former && `In revision ${former.revision}, ${namesOf(former.routes)} led here.`}
      </p>
      {former && (
        <ChangeButton variant="primary" loading={busy} onClick={bringBack}>
          Bring back {plural(former.routes.length, 'route')}
        </ChangeButton>
      )}
    </section>
  );
}
