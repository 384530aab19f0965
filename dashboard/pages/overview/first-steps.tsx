/** The guide of an empty deployment: a pool, a route, a request. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiError } from '../../api/client.ts';
import type { Config, PoolConfig, RouteConfig } from '../../api/config.ts';
import { putPool, putRoute } from '../../changes/change.ts';
import { useChange } from '../../changes/use-change.ts';
import { Card } from '../../components/card.tsx';
import { CommandLine } from '../../components/copy.tsx';

/** Three steps; the first that is not done yet has its form open. */
export function FirstSteps({ config }: { readonly config: Config }) {
  const pool = config.pools[0];
  const host = config.routes[0]?.host ?? 'shop.example.com';
  const curl = `curl -H 'Host: ${host}' ${location.origin.replace('localhost', '127.0.0.1')}/`;
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <p className="text-kumo-subtle">
        Nothing is balanced yet. Three steps to the first request; everything can be changed later.
      </p>
      <Step number={1} title="A pool: servers that can stand in for each other" done={pool?.id}>
        <AddPool />
      </Step>
      <Step number={2} title="A route: which host leads to the pool" done={config.routes[0]?.host}>
        {pool && <AddRoute pool={pool.id} />}
      </Step>
      <Step number={3} title="A request">
        <CommandLine command={curl} />
      </Step>
    </div>
  );
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  /** What the step has made; then its form is gone. */
  readonly done?: string | undefined;
  readonly children: ReactNode;
}

function Step({ number, title, done, children }: StepProps) {
  return (
    <Card title={`${number}. ${title}`}>
      <div className="p-4 pt-3">{done ? <p className="text-kumo-success">done: {done}</p> : children}</div>
    </Card>
  );
}

function useForm(submit: (values: Record<string, string>) => Promise<unknown>) {
  const [problems, setProblems] = useState<readonly { path: string; message: string }[]>([]);
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    try {
      await submit(values);
      setProblems([]);
    } catch (error) {
      const { errors, message } = error as ApiError;
      setProblems(errors.length > 0 ? errors : [{ path: '', message }]);
    }
  };
  const at = (path: string) => problems.find((problem) => problem.path === path)?.message;
  return { onSubmit, at, rest: problems.filter(({ path }) => path === '') };
}

function AddPool() {
  const { run, busy } = useChange();
  const { onSubmit, at } = useForm(({ id = '', url = '' }) =>
    run(putPool({ id, backends: [{ id: 'a', url }] } as unknown as PoolConfig, `Added pool ${id}`), true),
  );
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Input name="id" label="Name" placeholder="shop" required error={at('id')} />
      <Input
        name="url"
        label="URL of the first backend"
        placeholder="https://a.example.net"
        required
        error={at('backends[0].url')}
      />
      <Button type="submit" variant="primary" loading={busy} className="self-start">
        Add the pool
      </Button>
    </form>
  );
}

function AddRoute({ pool }: { readonly pool: string }) {
  const { run, busy } = useChange();
  const { onSubmit, at } = useForm(({ host = '' }) =>
    run(putRoute({ id: pool, host, pool } as RouteConfig, `Added route ${pool}`), true),
  );
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Input name="host" label="Host" placeholder="shop.example.com" required error={at('host')} />
      <Button type="submit" variant="primary" loading={busy} className="self-start">
        Add the route
      </Button>
    </form>
  );
}
