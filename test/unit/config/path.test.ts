/** Paths in their normal form. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lengthAsSent, normalPath } from '../../../worker/config/path.ts';

test('the cut through a path as sent falls where the cut through its normal form does', () => {
  const piece = fc.constantFrom('a', '/', '%61', '%2F', '%2f', '%7E', '%', '%4', '%zz', '-', '%2e', '%c3%a9');
  fc.assert(
    fc.property(fc.array(piece), fc.array(piece), (front, back) => {
      const [head, tail] = [front.join(''), back.join('')];
      const whole = normalPath(head + tail);
      fc.pre(whole === normalPath(head) + normalPath(tail));
      expect(lengthAsSent(head + tail, normalPath(head).length)).toBe(head.length);
    }),
  );
});
