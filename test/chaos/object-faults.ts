/** The built Worker with objects that fail on demand: a copy of the build whose classes are wrapped. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ROOT } from '../../scripts/support/build.ts';
import type { ObjectFault } from './schedule.ts';

/** The host under which the wrapped Worker takes orders. */
export const ORDERS_HOST = 'orders.chaos';

/**
 * In local workerd the objects run in the Worker's own isolate, so that an order can simply be noted. Every second call
 * meets the fault: `throw` before the work, `throw late` when it is done and only the reply is lost, `slow` beyond the
 * isolates' patience. `abort` resets the object: its memory is gone.
 */
const WRAPPER = `
const chaosOrder = { what: '', className: '', until: 0 };
let chaosCalls = 0;
const chaosFault = async (object, className, work) => {
  const isMeant = chaosOrder.className === className && Date.now() < chaosOrder.until && ++chaosCalls % 2 === 0;
  if (!isMeant) return work();
  if (chaosOrder.what === 'throw') throw new Error('chaos');
  if (chaosOrder.what === 'abort') {
    chaosOrder.until = 0;
    object.ctx.abort('chaos');
  }
  if (chaosOrder.what === 'slow') await new Promise((resolve) => setTimeout(resolve, 2_500));
  const result = await work();
  if (chaosOrder.what === 'throw late') throw new Error('chaos, after the work');
  return result;
};
class ChaosPool extends Pool {
  sync(ask) { return chaosFault(this, 'Pool', () => super.sync(ask)); }
}
class ChaosDirectory extends Directory {
  snapshot(known) { return chaosFault(this, 'Directory', () => super.snapshot(known)); }
  pullPool(pool, shard) { return chaosFault(this, 'Directory', () => super.pullPool(pool, shard)); }
  noteEvents(events) { return chaosFault(this, 'Directory', () => super.noteEvents(events)); }
}
const chaosEntry = {
  fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.hostname !== '${ORDERS_HOST}') return worker_entry_default.fetch(request, env, ctx);
    chaosOrder.what = url.searchParams.get('what');
    chaosOrder.className = url.searchParams.get('className');
    chaosOrder.until = Date.now() + Number(url.searchParams.get('forMs'));
    return new Response('noted');
  },
};
export { ChaosDirectory as Directory, ChaosPool as Pool, chaosEntry as default };
`;

const EXPORTS = /export \{ Directory, Pool, worker_entry_default as default \};[\s\S]*$/;

/** Writes the wrapped Worker beside the build, for the runtime takes no module from elsewhere. Returns its path. */
export function writeWrappedWorker(): string {
  const built = readFileSync(`${ROOT}/dist/evenkeel/index.js`, 'utf8');
  if (!EXPORTS.test(built)) throw new Error('the build exports something else than expected');
  const path = `${ROOT}/dist/chaos/worker.js`;
  mkdirSync(`${ROOT}/dist/chaos`, { recursive: true });
  writeFileSync(
    path,
    built.replace(EXPORTS, () => WRAPPER),
  );
  return path;
}

/** The path and query of an order. */
export const orderOf = (what: ObjectFault, className: string, forMs: number): string =>
  `/?${new URLSearchParams({ what, className, forMs: String(forMs) })}`;
