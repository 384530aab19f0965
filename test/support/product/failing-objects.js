/** Put around the built Worker: its objects fail on demand. It runs in workerd, so it is plain JavaScript. */
import worker, { Directory as BuiltDirectory, Pool as BuiltPool } from '../../../dist/evenkeel/index.js';

/** Longer than any call waits for an object. */
const HANG_MS = 600_000;

/** How the objects of each class answer: `ok`, `throw` or `hang`. */
const modes = { Directory: 'ok', Pool: 'ok' };
let isBegun = false;

function failable(name, Built) {
  class Failable extends Built {}
  for (const method of Object.getOwnPropertyNames(Built.prototype)) {
    if (method === 'constructor') continue;
    Failable.prototype[method] = async function (...args) {
      if (modes[name] === 'throw') throw new Error(`${name} fails, as asked`);
      if (modes[name] === 'hang') await new Promise((resolve) => setTimeout(resolve, HANG_MS));
      return Built.prototype[method].apply(this, args);
    };
  }
  return Failable;
}

export const Directory = failable('Directory', BuiltDirectory);
export const Pool = failable('Pool', BuiltPool);

export default {
  ...worker,
  async fetch(request, env, ctx) {
    if (!isBegun) Object.assign(modes, JSON.parse(env.MODES || '{}'));
    isBegun = true;
    if (new URL(request.url).hostname !== 'modes.test') return worker.fetch(request, env, ctx);
    Object.assign(modes, await request.json());
    return new Response('ok');
  },
};
