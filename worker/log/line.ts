/** The log line of a mapping, made for queries in Workers Logs. No I/O. */
import type { Mapping } from '../protocol/messages.ts';

/**
 * One JSON object, whose fields Workers Logs index: `message` is always "mapping", the others are those of
 * `GET /api/requests`. Lists cannot be grouped or filtered by, so `tried` has the attempts as text ("a;timeout, b;200") and
 * `retries` their number after the first. The line is a string because the runtime serialises an object for its own log,
 * which costs several times as much.
 */
export const lineOf = (mapping: Mapping): string =>
  JSON.stringify({
    message: 'mapping',
    ...mapping,
    tried: triedOf(mapping),
    retries: Math.max(0, mapping.attempts.length - 1),
  });

/** The attempts as text, `a;timeout, b;200`: each backend, and its status or else its outcome. */
export const triedOf = ({ attempts }: Mapping): string =>
  attempts.map(({ backend, outcome, status }) => `${backend};${status ?? outcome}`).join(', ');
