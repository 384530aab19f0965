/** Health checks of one backend, and what an operator can do about it: check it now, end its ejection now. */
import { queryOptions } from '@tanstack/react-query';
import type { Check } from '../../worker/protocol/traffic-schemas.ts';
import { call } from './client.ts';

export type { BackendHealth, Check } from '../../worker/protocol/traffic-schemas.ts';

/** The last checks of a backend, newest first. */
export const checksQuery = (pool: string, backend: string) =>
  queryOptions({
    queryKey: ['checks', pool, backend],
    queryFn: async (): Promise<readonly Check[]> =>
      (await call('GET /pools/:pool/backends/:backend/checks', { params: { pool, backend } })).checks,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Checks a backend now. */
export const checkNow = (pool: string, backend: string): Promise<Check> =>
  call('POST /pools/:pool/backends/:backend/check', { params: { pool, backend } });

/** Ends the ejection of a backend now. Returns whether it was ejected. */
export const returnNow = async (pool: string, backend: string): Promise<boolean> =>
  (await call('POST /pools/:pool/backends/:backend/return', { params: { pool, backend } })).returned;
