/** `/api/routes/:route/rollout`: moves a route's traffic to another pool in steps. */
import { z } from 'zod';
import type { RolloutAction, RolloutResult } from '../protocol/rollout-schemas.ts';
import { rolloutSchema } from '../protocol/rollout-schemas.ts';
import { directory } from './directory.ts';
import { readBody } from './http/body.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';

const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
const STEPS_ERROR = 'must be 1 to 20 whole numbers from 1 to 100, each greater than the one before';
const PERCENT_ERROR = 'must be a number from 0 to 100';

/** The body that begins a rollout. */
export const rolloutInputSchema = z.strictObject(
  {
    to: z.string({ error: 'must be the id of a pool of the split' }).describe('Pool that gets the traffic'),
    steps: z
      .array(z.int({ error: STEPS_ERROR }).min(1, { error: STEPS_ERROR }).max(100, { error: STEPS_ERROR }), {
        error: STEPS_ERROR,
      })
      .min(1, { error: STEPS_ERROR })
      .max(20, { error: STEPS_ERROR })
      .refine((steps) => steps.every((share, i) => i === 0 || share > steps[i - 1]!), { error: STEPS_ERROR })
      .default([1, 5, 25, 50, 100])
      .describe('Per cent of the requests, one step after the other'),
    intervalMs: whole(3_000, 86_400_000).default(300_000).describe('Length of a step'),
    abortWhen: z
      .strictObject(
        {
          failedPercent: z
            .number({ error: PERCENT_ERROR })
            .min(0, { error: PERCENT_ERROR })
            .max(100, { error: PERCENT_ERROR })
            .default(1)
            .describe('More of the responses are 5xx, and more than 1.5 times as many as in the other pool'),
          p95Ms: whole(1, 3_600_000)
            .nullable()
            .default(null)
            .describe(
              '95 % of the requests take longer, and more than 1.5 times as long as in the other pool',
            ),
          minRequests: whole(1, 1_000_000).default(50).describe('With fewer requests a step waits'),
        },
        { error: 'must be an object such as {"failedPercent": 1, "minRequests": 50}' },
      )
      .prefault({}),
  },
  { error: 'must be an object such as {"to": "shop-v2"}' },
);

/** Answers what became of a call; throws the problem of a refused one. */
function answerOf(result: RolloutResult) {
  if (result.ok) return result.rollout;
  return fail(result.reason === 'missing' ? 404 : 409, result.detail);
}

const problems = [404, 409];

/** The operations on rollouts. */
export const rolloutApi = [
  operation(
    'GET /routes/:route/rollout',
    {
      summary: 'How a rollout goes on, or how the last one ended',
      answer: rolloutSchema,
      problems: [404],
    },
    async (c) => {
      const route = c.req.param('route');
      return (await directory(c).rollout(route)) ?? fail(404, `Route ${route} has no rollout.`);
    },
  ),

  operation(
    'POST /routes/:route/rollout',
    {
      summary: 'Begin a rollout: each step is a revision, and a step that fails puts everything back',
      body: rolloutInputSchema,
      answer: rolloutSchema,
      problems,
    },
    async (c) => {
      const body = await readBody(c, rolloutInputSchema);
      const plan = { ...body, route: c.req.param('route'), who: c.get('actor') };
      return answerOf(await directory(c).startRollout(plan));
    },
  ),

  operation(
    'POST /routes/:route/rollout/pause',
    { summary: 'Pause a rollout: the weights stay as they are', answer: rolloutSchema, problems },
    (c) => act(c, 'pause'),
  ),

  operation(
    'POST /routes/:route/rollout/resume',
    { summary: 'Resume a rollout: its step begins again', answer: rolloutSchema, problems },
    (c) => act(c, 'resume'),
  ),

  operation(
    'DELETE /routes/:route/rollout',
    { summary: 'Abort a rollout: everything goes back at once', answer: rolloutSchema, problems },
    (c) => act(c, 'abort'),
  ),
] as const;

const act = async (
  c: Parameters<typeof directory>[0] & { req: { param(name: 'route'): string } },
  action: RolloutAction,
) => answerOf(await directory(c).actOnRollout(c.req.param('route'), action, c.get('actor')));
