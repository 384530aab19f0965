/** Where a request would go, without sending it. */
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

export type { Candidate, Explanation, LeftOut } from '../../worker/proxy/explain.ts';

/** The request in question. */
export interface Question {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out where it is not known. */
  readonly clientIp?: string;
  /** Two capital letters; left out where it is not known. */
  readonly country?: string;
}

/** The explanation. It holds only for the moment, so it is not kept. */
export const explainQuery = (question: Question) =>
  queryOptions({
    queryKey: ['explain', question],
    queryFn: () => call('POST /explain', { body: question }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
