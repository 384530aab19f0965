/**
 * Put around the built Worker: the objects that it calls are 100 ms away, and each response says how long its request waited
 * before a backend was asked. It runs in workerd, so it is plain JavaScript.
 */
import worker from './index.js';

const ONE_WAY_MS = 50;
const travel = () => new Promise((resolve) => setTimeout(resolve, ONE_WAY_MS));

const far = (namespace) => ({
  getByName: (...args) => {
    const stub = namespace.getByName(...args);
    return new Proxy(stub, {
      get:
        (_, method) =>
        async (...given) => {
          await travel();
          const reply = await stub[method](...given);
          await travel();
          return reply;
        },
    });
  },
});

/** When each request under way was sent to a backend, by its id. */
const sentAt = new Map();
const send = globalThis.fetch;
globalThis.fetch = (input, init) => {
  sentAt.set(init.headers.get('x-request-id'), Date.now());
  return send(input, init);
};

let around = null;

export default {
  async fetch(request, env, ctx) {
    const startedAt = Date.now();
    around ??= { ...env, DIRECTORY: far(env.DIRECTORY), POOL: far(env.POOL) };
    const response = await worker.fetch(request, around, ctx);
    const id = request.headers.get('x-request-id');
    const answer = new Response(response.body, response);
    answer.headers.set('waited-ms', String((sentAt.get(id) ?? Date.now()) - startedAt));
    sentAt.delete(id);
    return answer;
  },
};
