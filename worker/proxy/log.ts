/** One structured log line per mapping that is worth it: failures and retries always, the rest by the route's rate. */
import type { Mapping } from '../objects/protocol.ts';

/** Writes the line, or not. It is `console.log` of an object, which Workers Logs index by field. */
export function logMapping(mapping: Mapping, sampleRate: number): void {
  const failed = mapping.status >= 500 || mapping.attempts.length > 1 || mapping.backend === null;
  if (failed || (sampleRate > 0 && Math.random() < sampleRate))
    console.log({ message: 'mapping', ...mapping });
}
