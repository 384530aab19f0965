/** Two Workers to compare with, as source text: what any proxy has to do, and what any balancer has to do. */

/** The limit: what any Worker that proxies has to do. */
export const bareWorker = (backend: string): string => `export default {
  fetch(request) {
    const url = request.url;
    return fetch(new Request('${backend}' + url.slice(url.indexOf('/', 8)), request));
  },
};`;

/**
 * What remains of a balancer when it decides nothing: the headers for the backend, a time limit, the headers for the
 * client, a record in memory. No object, no configuration, no second attempt.
 */
export const leanWorker = (backend: string): string => `
let requests = 0;
let records = [];
export default {
  async fetch(request) {
    const url = request.url;
    const id = 'lean-' + ++requests;
    const headers = new Headers(request.headers);
    headers.delete('x-forwarded-for');
    headers.set('x-forwarded-proto', 'http');
    headers.set('x-forwarded-host', url.slice(7, url.indexOf('/', 8)));
    headers.set('x-request-id', id);
    headers.append('x-lean-loop', 'lean');
    const init = { method: request.method, headers, body: request.body, redirect: 'manual' };
    const response = await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('timeout')), 30_000);
      fetch('${backend}' + url.slice(url.indexOf('/', 8)), init).then(resolve, reject);
    });
    const own = new Response(response.body, response);
    own.headers.set('x-backend-used', 'a');
    own.headers.set('x-backend-attempts', 'a;' + response.status);
    own.headers.set('x-request-id', id);
    records.push({ id, url, status: response.status });
    if (records.length >= 64) records = [];
    return own;
  },
};`;
