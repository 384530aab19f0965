/** Put around the built Worker: it answers with the calls that were counted since the last look. It runs in workerd, so it is plain JavaScript. */
import worker, { Directory, Pool } from '../../dist/evenkeel/index.js';

export { Directory, Pool };

export default {
  ...worker,
  fetch(request, env, ctx) {
    if (!request.url.startsWith('http://calls.test')) return worker.fetch(request, env, ctx);
    const calls = Object.fromEntries(globalThis.calls);
    globalThis.calls.clear();
    return Response.json(calls);
  },
};
