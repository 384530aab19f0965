/** How much of the body of a refused API call is read. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../../worker/config/limits.ts';
import { drainBody } from '../../../worker/lib/drain-body.ts';
import { countedBody, expectCutAt } from '../../support/sim/counted-body.ts';

test(`of a body that a refused API call brings ${LIMITS.documentBytes} bytes are read, and then no more`, async () => {
  const { documentBytes } = LIMITS;
  const whole = countedBody(documentBytes);
  await drainBody(whole.stream, documentBytes);
  expect(whole.read).toBe(documentBytes);
  const endless = countedBody();
  await drainBody(endless.stream, documentBytes);
  expectCutAt(documentBytes, endless);
});
