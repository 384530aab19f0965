/** How much of the body of a refused API call is read. */
import { expect, test } from 'vitest';
import { drainBody } from '../../../../worker/api/http/drain-body.ts';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { countedBody, expectCutAt } from '../../../support/sim/counted-body.ts';

test(`of a body that a refused API call brings ${LIMITS.documentBytes} bytes are read, and then no more`, async () => {
  const { documentBytes } = LIMITS;
  const whole = countedBody(documentBytes);
  await drainBody({ body: whole.stream, bodyUsed: false } as Request);
  expect(whole.read).toBe(documentBytes);
  const endless = countedBody();
  await drainBody({ body: endless.stream, bodyUsed: false } as Request);
  expectCutAt(documentBytes, endless);
});
