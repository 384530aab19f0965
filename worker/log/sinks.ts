/** The request log: which mappings leave the Worker, and into which of the sinks that are bound. */
import type { Env } from '../env.ts';
import type { Mapping } from '../protocol/messages.ts';
import { dataPointOf } from './data-point.ts';
import { lineOf } from './line.ts';
import { sendToQueue, toQueue } from './queue.ts';

/** Lines that wait at most; then the oldest go, and are counted. */
export const LINES_QUEUED = 1_024;
/** Characters written at once, and the line that passes it: the platform keeps 256 KB of an invocation's log. */
export const LENGTH_AT_ONCE = 200_000;

const waiting: Mapping[] = [];
let dropped = 0;

/**
 * Takes one mapping for the log: failures and retries always, of the others the share `sampleRate`. A failure's line is
 * written at once, within its own invocation; all others wait for the outbox's batch, since a line costs as much as a
 * twentieth of a request. One invocation writes one data point (the platform takes 250).
 */
export function logMapping(mapping: Mapping, sampleRate: number, env: Env): void {
  const failed = isFailed(mapping);
  if (!failed && (sampleRate === 0 || Math.random() >= sampleRate)) return;
  if (failed) console.log(lineOf(mapping));
  else wait(mapping);
  env.ANALYTICS?.writeDataPoint(dataPointOf(mapping, failed ? 1 : 1 / sampleRate));
  if (env.REQUEST_LOG) toQueue(mapping);
}

/** Writes and sends what waits, behind a response; never throws. `isolate` names this isolate. */
export function flushLog(env: Env, isolate: string): Promise<void> {
  if (waiting.length > 0) writeLines();
  return sendToQueue(env, isolate);
}

function wait(mapping: Mapping): void {
  waiting.push(mapping);
  if (waiting.length <= LINES_QUEUED) return;
  waiting.shift();
  dropped++;
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

/** Whether the client got no good answer, or got it only from another backend than the first. */
const isFailed = ({ status, backend, attempts }: Mapping): boolean =>
  status >= 500 || backend === null || attempts.length !== 1 || attempts[0]!.outcome !== 'ok';
