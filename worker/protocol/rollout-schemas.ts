/** The schemas and types of rollouts: how one goes on, and what was seen of both pools. No I/O. */
import { z } from 'zod';
import { count, type Message, messages, time } from './common-schemas.ts';

/** What clients received from one pool since the step began. */
const seenSchema = z.strictObject({
  requests: count(),
  failedPercent: z.number().nullable().describe('Responses 5xx; null: no requests'),
  p95Ms: z.number().nullable(),
});

/** `GET /routes/:route/rollout`. */
export const rolloutSchema = z
  .strictObject({
    route: z.string(),
    to: z.string(),
    state: z.enum(['running', 'paused', 'done', 'aborted']),
    step: z.int().describe('The number of the step, from 1'),
    share: z.number().describe('Per cent of the requests that `to` gets now'),
    since: time().describe('When the step, the pause or the end began'),
    nextAt: time().nullable().describe('When the step ends; null: it waits for requests, or nothing follows'),
    seen: z.record(z.string(), seenSchema).describe('By pool, since the step began'),
    why: z.string(),
    steps: z.array(z.number()),
    intervalMs: z.int(),
    abortWhen: z.strictObject({
      failedPercent: z.number(),
      p95Ms: z.number().nullable(),
      minRequests: z.int(),
    }),
    startedAt: time(),
    who: z.string().describe('Who started it'),
  })
  .register(messages, { id: 'Rollout' });
export type Rollout = Message<typeof rolloutSchema>;

/** What a rollout is started with. */
export type RolloutPlan = Pick<Rollout, 'route' | 'to' | 'steps' | 'intervalMs' | 'abortWhen' | 'who'>;
/** What may be done with one. */
export type RolloutAction = 'pause' | 'resume' | 'abort';
/** The rollout, or why it is refused. */
export type RolloutResult =
  | { readonly ok: true; readonly rollout: Rollout }
  | { readonly ok: false; readonly reason: 'missing' | 'conflict'; readonly detail: string };
