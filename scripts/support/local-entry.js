/**
 * Where a request enters the built Worker on this machine: it says who the client is, as Cloudflare does before a Worker.
 * runtime.ts puts it around the build; the deployment has none of it. It runs in workerd, so it is plain JavaScript.
 */
import { env as bindings } from 'cloudflare:workers';
import { access, clientHeader } from './options.js';
import worker from './worker.js';

/** Straight to the network: the Worker that Miniflare puts in between lets a broken-off upload look whole. */
globalThis.fetch = (input, init) => bindings.LOCAL_NETWORK.fetch(input, init);

export * from './worker.js';
/** The queue and whatever else has no client. Miniflare's entry Worker listens too, and gets no request answered. */
export default { ...worker, fetch: () => new Response(null, { status: 404 }) };

/** An entrypoint of its own: before the default one of a Worker with assets, Miniflare puts Workers of its own. */
export const Local = {
  fetch(request, env, ctx) {
    const headers = new Headers(request.headers);
    const { ip, scheme = 'http', ...cf } = clientOf(request, headers);
    if (ip) headers.set('CF-Connecting-IP', ip);
    else headers.delete('CF-Connecting-IP');
    // Miniflare has Access vouch by a header; a socket without its entry Worker would take it from any client.
    if (access) Object.defineProperty(ctx, 'access', { value: accessContext });
    const source = scheme === 'http' ? request : new Request(request.url.replace('http', scheme), request);
    return worker.fetch(new Request(source, { headers, cf }), env, ctx);
  },
};

/** Answers with what a bucket holds, as a list of key and text. */
export const Buckets = {
  async fetch(request, env) {
    const bucket = env[new URL(request.url).pathname.slice(1)];
    const { objects } = await bucket.list();
    const texts = objects.map(async ({ key }) => [key, await (await bucket.get(key)).text()]);
    return Response.json(await Promise.all(texts));
  },
};

const accessContext = { aud: access?.aud, getIdentity: async () => access.identity };

/** The client: the one that a test names, else the peer of the connection. */
function clientOf(request, headers) {
  const named = clientHeader && headers.get(clientHeader);
  if (named) {
    headers.delete(clientHeader);
    return JSON.parse(named);
  }
  // As in 127.0.0.1:50000 and [::1]:50000.
  return { ip: request.cf?.clientIp?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') };
}
