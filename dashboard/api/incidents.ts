/** The incidents: times in which a pool was neither OK nor reduced. */
import { queryOptions } from '@tanstack/react-query';
import { type AnswerOf, call } from './client.ts';

/** One incident; `to` is null while it goes on. */
export type Incident = AnswerOf<'GET /incidents'>['incidents'][number];

/** The incidents on record, newest first. The live view announces what begins one; its cost grows without a word. */
export const incidentsQuery = queryOptions({
  queryKey: ['incidents'],
  queryFn: async (): Promise<readonly Incident[]> => (await call('GET /incidents')).incidents,
  refetchInterval: 5_000,
});
