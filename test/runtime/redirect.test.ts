/** A backend's redirect is the client's affair: we never follow one, wherever it leads. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servePool, startForTest, startMoody } from '../support/pools.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

test.each([301, 302, 303, 307, 308])(
  'a %i goes to the client as it came, and its target hears nothing',
  async (status) => {
    const target = await startMoody();
    const places = [
      target.url,
      'http://169.254.169.254/latest/meta-data/',
      'http://localhost/api/config',
      '/elsewhere',
    ];
    let place = '';
    let hits = 0;
    const { url } = await startForTest((request, response) => {
      hits++;
      request.resume();
      response.writeHead(status, { location: place }).end();
    });
    const pool = await servePool(product, `redirect-${status}`, [{ id: 'a', url }]);
    for (const method of ['GET', 'POST']) {
      for (place of places) {
        const answer = await pool.get('/', {
          method,
          headers: { cookie: 'secret=1', authorization: 'Bearer x' },
        });
        expect([answer.status, answer.headers.location]).toEqual([status, place]);
      }
    }
    expect(hits).toBe(2 * places.length);
    expect(target.hits).toBe(0);
  },
);
