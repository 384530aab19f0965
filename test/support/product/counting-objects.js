/** Put around the built Worker: its Pool objects note how often they are asked for slots. It runs in workerd, so it is plain JavaScript. */
import worker, { Pool as BuiltPool, Directory } from '../../../dist/evenkeel/index.js';

/** In local workerd the objects run in the Worker's own isolate, so that what they note can simply be read. */
const asked = [];
/** Of these, those that brought requests too. */
let carried = 0;
let isAway = false;

export { Directory };
export class Pool extends BuiltPool {
  async sync(ask) {
    const brings = ask.batch?.mappings.count > 0;
    // What only brings requests is no question.
    if (ask.want > 0 || !brings) asked.push(ask.want);
    if (ask.want > 0 && brings) carried++;
    if (isAway) throw new Error('away, as asked');
    return super.sync(ask);
  }
}

export default {
  ...worker,
  fetch(request, env, ctx) {
    const { hostname, pathname } = new URL(request.url);
    if (hostname !== 'asked.test') return worker.fetch(request, env, ctx);
    isAway = pathname === '/away';
    if (pathname === '/carried') return Response.json(carried);
    return Response.json(asked.splice(0));
  },
};
