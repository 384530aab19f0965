/** The Analytics Engine data point of a mapping. No I/O. */
import type { Mapping } from '../protocol/messages.ts';
import { triedOf } from './line.ts';

/**
 * | column  | what                                    | column   | what                                        |
 * | ------- | --------------------------------------- | -------- | ------------------------------------------- |
 * | index1  | pool                                    | blob8    | attempts, such as `a;timeout, b;200`        |
 * | blob1   | pool                                    | blob9    | colo, or ''                                 |
 * | blob2   | route                                   | blob10   | request id                                  |
 * | blob3   | backend that answered, or ''            | double1  | status that the client got                  |
 * | blob4   | reason                                  | double2  | ms in all                                   |
 * | blob5   | method                                  | double3  | attempts                                    |
 * | blob6   | host                                    | double4  | mappings that this one stands for           |
 * | blob7   | path, without query, cut at 512         |          |                                             |
 *
 * The engine samples per index under load, and `logSampleRate` has sampled before: requests are
 * `SUM(_sample_interval * double4)`. No address, no query string.
 */
export function dataPointOf(mapping: Mapping, weight: number): AnalyticsEngineDataPoint {
  const { pool, route, backend, reason, method, host, path, attempts, colo, requestId, status, ms } = mapping;
  return {
    indexes: [pool],
    blobs: [pool, route, backend ?? '', reason, method, host, path, triedOf(mapping), colo ?? '', requestId],
    doubles: [status, ms, attempts.length, weight],
  };
}
