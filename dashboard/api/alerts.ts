/** Alerts: what each is about now, what it sent, and a test. */
import { queryOptions } from '@tanstack/react-query';
import type { AlertTest } from '../../worker/protocol/alert-schemas.ts';
import { type AnswerOf, call } from './client.ts';

export type { AlertConfig } from '../../worker/config/schema.ts';
export type AlertReport = AnswerOf<'GET /alerts'>['alerts'][number];

/** Deliveries are not pushed, so they are fetched again while the page is open. */
const EVERY_MS = 5_000;

/** Every alert with its last deliveries. */
export const alertsQuery = queryOptions({
  queryKey: ['alerts'],
  queryFn: () => call('GET /alerts'),
  refetchInterval: EVERY_MS,
});

/** Sends a test message; returns what the receiver answered. */
export const testAlert = (id: string): Promise<AlertTest> =>
  call('POST /alerts/:id/test', { params: { id } });
