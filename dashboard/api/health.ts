/** Which version answers. */
import { queryOptions } from '@tanstack/react-query';
import { client, read } from './client.ts';

/** It changes only with a deploy. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: () => read(client.health.$get()),
  staleTime: 60_000,
});
