/** Put around the built Worker: calls its Pool objects as another build would, and hides `sync`. It runs in workerd, so it is plain JavaScript. */
import worker, { Pool as BuiltPool, Directory } from '../../../dist/evenkeel/index.js';

export { Directory };
export class Pool extends BuiltPool {}

/** Objects of the first release have no such method: the call fails as the runtime has it fail. */
const hide = () => Object.defineProperty(Pool.prototype, 'sync', { value: undefined, configurable: true });

export default {
  ...worker,
  async fetch(request, env, ctx) {
    const { hostname, pathname } = new URL(request.url);
    if (hostname !== 'builds.test') return worker.fetch(request, env, ctx);
    if (pathname === '/first-release') hide();
    else if (pathname === '/this-release') delete Pool.prototype.sync;
    else {
      const { object, method, args, times = 1 } = await request.json();
      const stub = env.POOL.getByName(object);
      const replies = await Promise.all(Array.from({ length: times }, () => stub[method](...args)));
      return Response.json(replies.at(-1));
    }
    return new Response('noted');
  },
};
