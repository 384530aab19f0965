/** The request log: which mappings leave the Worker, and into which of the sinks that are bound. */
import type { Env } from '../env.ts';
import type { Mapping } from '../objects/protocol.ts';
import { dataPointOf } from './data-point.ts';
import { lineOf } from './line.ts';
import { toQueue } from './queue.ts';

/**
 * Sends one mapping to the sinks: `console.log`, `ANALYTICS`, and the batch that goes to `REQUEST_LOG`. Failures and
 * retries always go, of the others the share `sampleRate`. Nothing here waits for anything: the queue is sent to with the
 * outbox's batch, and one invocation writes one data point (the platform takes 250).
 */
export function logMapping(mapping: Mapping, sampleRate: number, env: Env): void {
  const weight = weightOf(mapping, sampleRate);
  if (weight === 0) return;
  console.log(lineOf(mapping));
  env.ANALYTICS?.writeDataPoint(dataPointOf(mapping, weight));
  if (env.REQUEST_LOG) toQueue(mapping);
}

/** How many mappings a logged one stands for: 1 when it is always logged, 1/rate when it was drawn; 0: not logged. */
function weightOf({ status, backend, attempts }: Mapping, sampleRate: number): number {
  const failed = status >= 500 || backend === null || attempts.length !== 1 || attempts[0]!.outcome !== 'ok';
  if (failed) return 1;
  return sampleRate > 0 && Math.random() < sampleRate ? 1 / sampleRate : 0;
}
