/** What would become of a request: asked of the API, which sends nothing. */
import { queryOptions } from '@tanstack/react-query';
import type { Explanation } from '../../worker/proxy/explain.ts';
import { send } from './client.ts';

export type { Candidate, Explanation, LeftOut } from '../../worker/proxy/explain.ts';

/** The request in question. */
export interface Question {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out where it is not known. */
  readonly clientIp?: string;
}

/** The answer; it holds for the moment, so nothing is kept. */
export const explainQuery = (question: Question) =>
  queryOptions({
    queryKey: ['explain', question],
    queryFn: () => send<Explanation>('POST', '/explain', question),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
