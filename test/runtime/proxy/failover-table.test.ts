/** Every row by which the failure model is judged, against real backends, with the defaults; `npm run compare` plays them in full. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rows } from '../../compare/cases.ts';
import { evenkeel } from '../../compare/contenders.ts';
import { type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

/** The longest row is a rolling restart of 45 s; requests that are left waiting may take their whole timeout on top. */
const ROW_MS = 150_000;

const parts = rows.flatMap(({ what, must, parts }) =>
  parts.map((part) => [part.name ? `${what}, ${part.name}` : what, must, part] as const),
);

test.concurrent.each(parts)(
  '%s: %s',
  async (_what, _must, part) => {
    const { broken } = await part.play(evenkeel(product), 'short');
    expect(broken).toEqual([]);
  },
  ROW_MS,
);
