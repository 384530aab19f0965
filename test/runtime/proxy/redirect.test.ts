/** A backend's redirect is the client's affair: we never follow one, and one to the backend itself leads to us. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servePool, startConfigurableBackend, startForTest } from '../../support/product/pools.ts';
import { type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

test.each([301, 302, 303, 307, 308])(
  'a %i elsewhere goes to the client as it came, and its target gets no request',
  async (status) => {
    const target = await startConfigurableBackend();
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

test.each([true, false])(
  'a redirect to the backend’s own URL leads the client back to us, where it lands (debugHeaders %s)',
  async (debugHeaders) => {
    // As nginx's `/sub` to `/sub/`: the application builds its URLs of the Host that it sees.
    const { url } = await startForTest((request, response) => {
      const base = `http://${request.headers.host}/base`;
      if (request.url === '/base/landed') return response.end('landed');
      response.writeHead(request.url === '/base/page' ? 200 : 302, {
        location: `${base}/landed`,
        'content-location': `${base}/here`,
        refresh: `1; url=${base}/next`,
      });
      return response.end();
    });
    const id = `own-${debugHeaders}`;
    const route = { path: '/cut', stripPrefix: true, debugHeaders };
    const backends = [{ id: 'a', url: `${url}/base` }];
    const pool = await servePool(product, id, backends, {}, route);
    const moved = await pool.get('/cut/old');
    const own = `http://${pool.host}/cut`;
    expect(moved.headers).toMatchObject({
      location: `${own}/landed`,
      'content-location': `${own}/here`,
      refresh: `1; url=${own}/next`,
    });
    expect((await pool.get(new URL(moved.headers.location!).pathname)).text).toBe('landed');
    expect((await pool.get('/cut/page')).headers).toMatchObject({
      'content-location': `${own}/here`,
      refresh: `1; url=${own}/next`,
    });
    await product.apiOk('PUT', `/routes/${id}`, {
      host: pool.host,
      pool: id,
      ...route,
      rewriteLocation: false,
    });
    expect((await pool.get('/cut/old')).headers.location).toBe(`${url}/base/landed`);
  },
);
