/** The configuration document: the one query that every page reads pools and routes from. */
import { queryOptions } from '@tanstack/react-query';
import type { Config } from '../../worker/config/schema.ts';
import { client, read } from './client.ts';

export type { BackendConfig, Config, PoolConfig, RouteConfig } from '../../worker/config/schema.ts';

/** A document and its revision. */
export interface Revised {
  readonly revision: number;
  readonly config: Config;
}

/** The configuration in force. The live view says when there is a newer one. */
export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: (): Promise<Revised> => read(client.config.$get()),
  staleTime: 30_000,
});

/** The document of STATIC_CONFIG, null when none is set. */
export const declaredQuery = queryOptions({
  queryKey: ['declared'],
  queryFn: () => read(client.config.declared.$get()) as Promise<{ declared: Config | null }>,
});
