/** The request log: which mappings it contains, and which of the bound sinks they go to. */
import type { Env } from '../env.ts';
import { dropOldest } from '../lib/bounded.ts';
import type { Mapping } from '../protocol/messages.ts';
import { dataPointOf } from './data-point.ts';
import { lineOf } from './line.ts';
import { sendToQueue, toQueue } from './queue.ts';

/** Lines that wait at most; then the oldest are dropped and counted. */
export const LINES_QUEUED = 1_024;
/** Characters written at once, up to the end of a line: the platform keeps 256 KB of the log of an invocation. */
export const LENGTH_AT_ONCE = 200_000;

const waiting: Mapping[] = [];
let dropped = 0;

/**
 * Logs one mapping: every failure and retry, and of the others the share `sampleRate` (0 to 1). The line of a failure is
 * written at once, within its own invocation. All others wait for the outbox's batch, because a line costs as much as a
 * twentieth of a request. One invocation writes one data point (the platform allows 250).
 */
export function logMapping(mapping: Mapping, sampleRate: number, env: Env): void {
  const failed = isFailed(mapping);
  if (!failed && (sampleRate === 0 || Math.random() >= sampleRate)) return;
  if (failed) console.log(lineOf(mapping));
  else wait(mapping);
  env.ANALYTICS?.writeDataPoint(dataPointOf(mapping, failed ? 1 : 1 / sampleRate));
  if (env.REQUEST_LOG) toQueue(mapping);
}

/** Writes the waiting lines and sends the waiting mappings, after a response; never throws. `isolate` names this isolate. */
export function flushLog(env: Env, isolate: string): Promise<void> {
  if (waiting.length > 0) writeLines();
  return sendToQueue(env, isolate);
}

function wait(mapping: Mapping): void {
  waiting.push(mapping);
  dropped += dropOldest(waiting, LINES_QUEUED).length;
}

function writeLines(): void {
  let written = 0;
  for (let length = 0; written < waiting.length && length < LENGTH_AT_ONCE; written++) {
    const line = lineOf(waiting[written]!);
    console.log(line);
    length += line.length;
  }
  waiting.splice(0, written);
  if (dropped > 0) console.warn({ message: 'log lines were dropped', count: dropped });
  dropped = 0;
}

/** Whether the request failed, or succeeded only after a retry. */
const isFailed = ({ status, backend, reason, attempts }: Mapping): boolean => {
  // What the operator configured is no failure, whatever its status.
  if (reason === 'redirect' || reason === 'respond') return false;
  return status >= 500 || backend === null || attempts.length !== 1 || attempts[0]!.outcome !== 'ok';
};
