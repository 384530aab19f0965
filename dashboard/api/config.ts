/** The configuration document: the one query that every page reads pools and routes from. */
import { queryOptions } from '@tanstack/react-query';
import { type AnswerOf, call } from './client.ts';

export type { BackendConfig, Config, PoolConfig, RouteConfig } from '../../worker/config/schema.ts';

/** A document and its revision. */
export type Revised = Pick<AnswerOf<'GET /config'>, 'revision' | 'config'>;

/** The configuration in force. The live view announces newer ones. */
export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: (): Promise<Revised> => call('GET /config'),
  staleTime: 30_000,
});

/** The document of STATIC_CONFIG; null when none is set. */
export const declaredQuery = queryOptions({
  queryKey: ['declared'],
  queryFn: () => call('GET /config/declared'),
});
