/** The version that answers. */
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** It changes only with a deploy. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: () => call('GET /health'),
  staleTime: 60_000,
});
