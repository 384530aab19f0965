/** The Analytics Engine data point of a mapping. No I/O. */
import type { Mapping } from '../protocol/messages.ts';
import { triedOf } from './line.ts';

/**
 * Makes the data point of a mapping that represents `weight` mappings.
 *
 * | column  | what                                    | column   | what                                        |
 * | ------- | --------------------------------------- | -------- | ------------------------------------------- |
 * | index1  | pool                                    | blob8    | attempts, such as `a;timeout, b;200`        |
 * | blob1   | pool                                    | blob9    | colo, or ''                                 |
 * | blob2   | route                                   | blob10   | request id                                  |
 * | blob3   | backend that answered, or ''            | double1  | status that the client received             |
 * | blob4   | reason                                  | double2  | total ms                                    |
 * | blob5   | method                                  | double3  | attempts                                    |
 * | blob6   | host                                    | double4  | mappings that this one represents           |
 * | blob7   | path, without query, cut at 512         |          |                                             |
 *
 * Under load the engine samples per index, after `logSampleRate` has sampled already: the number of requests is
 * `SUM(_sample_interval * double4)`. It holds no client address and no query string.
 */
export function dataPointOf(mapping: Mapping, weight: number): AnalyticsEngineDataPoint {
  const { pool, route, backend, reason, method, host, path, attempts, colo, requestId, status, ms } = mapping;
  return {
    indexes: [pool ?? ''],
    blobs: [
      pool ?? '',
      route ?? '',
      backend ?? '',
      reason,
      method,
      host,
      path,
      triedOf(mapping),
      colo ?? '',
      requestId,
    ],
    doubles: [status, ms, attempts.length, weight],
  };
}
