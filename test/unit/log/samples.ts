/** What the tests of the request log start from. */
import type { LogBatch } from '../../../worker/log/message.ts';
import type { Mapping } from '../../../worker/protocol/messages.ts';
import { mapping as mappingOf } from '../../support/samples.ts';

/** A request with this id, in the last second of an hour. */
export const mapping = (requestId: string, path = '/'): Mapping =>
  mappingOf({ requestId, path, at: Date.UTC(2026, 10, 24, 20, 59, 59) });

/** The request ids of a batch, in its order. */
export const idsOf = ({ ndjson }: LogBatch): string[] =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).requestId);
