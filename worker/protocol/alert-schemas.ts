/** The schemas and types of alerts: what is sent, and how each try ended. No I/O. */
import { z } from 'zod';
import { alertEvents } from '../config/schema.ts';
import { count, type Message, messages, revision, time } from './common-schemas.ts';

const state = () => z.enum(['firing', 'resolved']);

/** One message to a receiver, in format `json`. */
export const alertMessageSchema = z
  .strictObject({
    id: z
      .string()
      .describe('The same in every try of this message, so that a receiver can drop a repeated one'),
    key: z.string().describe('The same in `firing` and `resolved`, such as backend-out/shop/a'),
    event: z.enum([...alertEvents, 'test']),
    state: state(),
    since: time(),
    resolvedAt: time().nullable(),
    at: time().describe('When this message was made'),
    pool: z.string().nullable(),
    backend: z.string().nullable(),
    cause: z.string(),
    figures: z.record(z.string(), z.number().nullable()),
    url: z.string().describe('The page of the dashboard'),
  })
  .register(messages, { id: 'AlertMessage' });
export type AlertMessage = Message<typeof alertMessageSchema>;

/** How one try to deliver ended. */
const trialSchema = z.strictObject({
  delivered: z.boolean(),
  status: z.int().nullable().describe('What the receiver answered; null: it did not'),
  ms: count(),
  why: z.string(),
});
export type Trial = Message<typeof trialSchema>;

/** One message on its way, or at its end. */
const deliverySchema = z.strictObject({
  id: z.string(),
  key: z.string(),
  state: state(),
  at: time(),
  tries: count(),
  nextAt: time().nullable().describe('When it is tried next; null: it is delivered or given up'),
  doneAt: time().nullable(),
  last: trialSchema.nullable().describe('The last try'),
});
export type Delivery = Message<typeof deliverySchema>;

/** Every alert with what is wrong and what was sent. */
export const alertsSchema = z
  .strictObject({
    revision: revision(),
    signed: z.boolean().describe('Whether ALERT_SECRET is set'),
    alerts: z.array(
      z.strictObject({
        id: z.string(),
        waiting: count().describe('Messages that are not delivered yet'),
        firing: z.array(z.string()).describe('The keys that are firing, also those that are held'),
        deliveries: z.array(deliverySchema).describe('The last ones, newest first'),
      }),
    ),
  })
  .register(messages, { id: 'Alerts' });
export type AlertReport = Message<typeof alertsSchema>['alerts'][number];

/** `POST /alerts/:id/test`. */
export const alertTestSchema = z
  .strictObject({ message: alertMessageSchema, trial: trialSchema })
  .register(messages, { id: 'AlertTest' });
export type AlertTest = Message<typeof alertTestSchema>;
