/** Put around the built Worker: its objects fail on demand. It runs in workerd, so it is plain JavaScript. */
import worker, { Directory as BuiltDirectory, Pool as BuiltPool } from '../../../dist/evenkeel/index.js';

/** Longer than anybody waits for an object. */
const HANG_MS = 600_000;

/** How the objects of each class answer: `ok`, `throw` or `hang`. */
const moods = { Directory: 'ok', Pool: 'ok' };
let isBegun = false;

function moody(name, Built) {
  class Moody extends Built {}
  for (const method of Object.getOwnPropertyNames(Built.prototype)) {
    if (method === 'constructor') continue;
    Moody.prototype[method] = async function (...args) {
      if (moods[name] === 'throw') throw new Error(`${name} fails, as told`);
      if (moods[name] === 'hang') await new Promise((resolve) => setTimeout(resolve, HANG_MS));
      return Built.prototype[method].apply(this, args);
    };
  }
  return Moody;
}

export const Directory = moody('Directory', BuiltDirectory);
export const Pool = moody('Pool', BuiltPool);

export default {
  ...worker,
  async fetch(request, env, ctx) {
    if (!isBegun) Object.assign(moods, JSON.parse(env.MOODS || '{}'));
    isBegun = true;
    if (new URL(request.url).hostname !== 'moods.test') return worker.fetch(request, env, ctx);
    Object.assign(moods, await request.json());
    return new Response('ok');
  },
};
