/** The log line of a mapping, made for queries in Workers Logs. No I/O. */
import type { Mapping } from '../protocol/messages.ts';

/**
 * One JSON object, whose fields Workers Logs index: `message` is always «mapping», then the mapping as
 * `GET /api/requests` has it. For lists cannot be grouped or filtered by, `tried` tells its attempts as text
 * («a;timeout, b;200») and `retries` their number after the first. A string, since the runtime takes an object apart for
 * its own log, which costs several times as much.
 */
export const lineOf = (mapping: Mapping): string =>
  JSON.stringify({
    message: 'mapping',
    ...mapping,
    tried: triedOf(mapping),
    retries: Math.max(0, mapping.attempts.length - 1),
  });

/** `a;timeout, b;200`: who was asked and how it went. */
export const triedOf = ({ attempts }: Mapping): string =>
  attempts.map(({ backend, outcome, status }) => `${backend};${status ?? outcome}`).join(', ');
