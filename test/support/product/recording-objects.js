/** Put around the built Worker: it notes each call that the Worker makes to an object. It runs in workerd, so it is plain JavaScript. */
import worker, { Directory, Pool } from '../../../dist/evenkeel/index.js';

/** The methods called since the last look, in order, such as `Directory.snapshot`. */
const calls = [];

const recorded = (name, namespace) => ({
  getByName: (...args) => {
    const stub = namespace.getByName(...args);
    return new Proxy(stub, {
      get(_, method) {
        const value = stub[method];
        if (typeof value !== 'function') return value;
        return (...given) => {
          calls.push(`${name}.${String(method)}`);
          return stub[method](...given);
        };
      },
    });
  },
});

export { Directory, Pool };

export default {
  ...worker,
  fetch(request, env, ctx) {
    if (new URL(request.url).hostname === 'calls.test') return Response.json(calls.splice(0));
    const around = {
      ...env,
      DIRECTORY: recorded('Directory', env.DIRECTORY),
      POOL: recorded('Pool', env.POOL),
    };
    return worker.fetch(request, around, ctx);
  },
};
