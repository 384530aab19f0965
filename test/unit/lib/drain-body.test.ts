/** How much of the body of a refused request is read. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../../worker/config/limits.ts';
import { CHUNK_BYTES, DRAIN_BYTES, drainBody } from '../../../worker/lib/drain-body.ts';
import { countedBody, expectCutAt } from '../../support/sim/counted-body.ts';

test(`before our own response ${DRAIN_BYTES} bytes are read, in chunks of ${CHUNK_BYTES}, and then no more`, async () => {
  const whole = countedBody(DRAIN_BYTES);
  await drainBody(whole.stream, DRAIN_BYTES);
  expect([whole.read, whole.largest, whole.cancelled]).toEqual([DRAIN_BYTES, CHUNK_BYTES, false]);
  const endless = countedBody();
  await drainBody(endless.stream, DRAIN_BYTES);
  expectCutAt(DRAIN_BYTES, endless);
  expect(endless.cancelled).toBe(true);
});

test(`of a body that a refused API call brings ${LIMITS.documentBytes} bytes are read, and then no more`, async () => {
  const { documentBytes } = LIMITS;
  const whole = countedBody(documentBytes);
  await drainBody(whole.stream, documentBytes);
  expect(whole.read).toBe(documentBytes);
  const endless = countedBody();
  await drainBody(endless.stream, documentBytes);
  expectCutAt(documentBytes, endless);
});
