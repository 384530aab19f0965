/** `/api/alerts`: what each alert is about now, what it sent, and a test. */
import { alertsSchema, alertTestSchema } from '../protocol/alert-schemas.ts';
import { directory } from './directory.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';

/** The operations on alerts. */
export const alertsApi = [
  operation(
    'GET /alerts',
    { summary: 'What each alert is about now, and its last deliveries', answer: alertsSchema },
    async (c) => ({ ...(await directory(c).alerts()), signed: Boolean(c.env.ALERT_SECRET) }),
  ),

  operation(
    'POST /alerts/:id/test',
    {
      summary: 'Send a test message once, and return what the receiver answered',
      answer: alertTestSchema,
      problems: [404],
    },
    async (c) => {
      const id = c.req.param('id');
      return (await directory(c).testAlert(id)) ?? fail(404, `There is no alert ${id}.`);
    },
  ),
] as const;
