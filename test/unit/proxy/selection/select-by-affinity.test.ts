/** Where a client with a cookie goes, with what an isolate may know of its backend and a Pool object that never answers. */
import { expect, test } from 'vitest';
import { poolSchema, routeSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import { issuePin } from '../../../../worker/proxy/affinity/cookie.ts';
import { needsPin } from '../../../../worker/proxy/affinity/pin.ts';
import { beginExchange, type IncomingRequest } from '../../../../worker/proxy/exchange.ts';
import { PoolClient } from '../../../../worker/proxy/pool-client/pool-client.ts';
import { compileRoute } from '../../../../worker/proxy/routing/routes.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';
import { selectByAffinity } from '../../../../worker/proxy/selection/select-by-affinity.ts';
import { HOST } from '../../../support/sim/pool-sim.ts';

const SECRET = 'one';
const env = { AFFINITY_SECRET: SECRET } as unknown as Env;
const ctx = { waitUntil: () => undefined } as unknown as IncomingRequest['ctx'];

/** A pool of which this isolate has just heard, and where the client pinned to `b` would be sent. */
function setUp() {
  const backends = ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}.test` }));
  const view = new PoolClient(poolSchema.parse({ id: 'p', backends }), 1, HOST);
  const route = routeSchema.parse({ id: 'r', host: 'p.test', pool: 'p', affinity: 'cookie' });
  view.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  return {
    view,
    /** So many failures at backends, each at `ids`, that the object has not heard of. */
    fail(times: number, ...ids: string[]) {
      for (const id of ids)
        for (let n = 0; n < times; n++) {
          const index = backends.findIndex((backend) => backend.id === id);
          view.unreported++;
          view.judge(
            index,
            view.upstreams[index]!,
            { failed: true, sentAs: 'in', beganAt: Date.now(), retryAfterMs: 0 },
            Date.now(),
          );
        }
    },
    async goesTo() {
      const header = await issuePin(
        { pool: 'p', backends, cookie: route.affinityCookie, secrets: SECRET },
        'b',
        Date.now(),
        { isSecure: false },
      );
      const request = new Request('http://p.test/', { headers: { cookie: header.split(';')[0]! } });
      const { headers } = request;
      const target = readTarget(request.url);
      const incoming = { request, headers, target, requestId: 'id', startedAt: Date.now(), env, ctx };
      const exchange = beginExchange(incoming, compileRoute(route), view);
      const pick = await selectByAffinity(exchange, view);
      const backend = pick && backends[pick.index]!.id;
      // Without a pick the policy chooses; here it is always a.
      const answers = backend ?? 'a';
      exchange.attempts.push({ backend: answers, outcome: 'ok', status: 200, ms: 1 });
      return { backend, isPinnedAnew: needsPin(exchange, answers, new Response()) };
    },
  };
}

test('it stays while its backend fails now and then', async () => {
  const { fail, goesTo, view } = setUp();
  fail(view.config.ejection.failures - 1, 'b');
  expect(await goesTo()).toEqual({ backend: 'b', isPinnedAnew: false });
});

test('it goes elsewhere, and keeps its cookie, while its backend is stalled', async () => {
  const { goesTo, view } = setUp();
  view.waits[1]!.stalled = true;
  const gone = [await goesTo(), await goesTo(), await goesTo(), await goesTo()];
  expect(gone.map(({ backend }) => backend).sort()).toEqual(['a', 'a', 'c', 'c']);
  expect(gone.every(({ isPinnedAnew }) => !isPinnedAnew)).toBe(true);
  expect(view.slots.takePending().charged).toEqual({ a: 2, c: 2 });
});

test('it is left to the policy, and pinned again, once this isolate has ejected its backend', async () => {
  const { fail, goesTo, view } = setUp();
  fail(view.config.ejection.failures, 'b');
  expect(await goesTo()).toEqual({ backend: null, isPinnedAnew: true });
});

test('it stays when all backends are ejected and the pool fails open', async () => {
  const { fail, goesTo, view } = setUp();
  fail(view.config.ejection.failures, 'a', 'b', 'c');
  expect((await goesTo()).backend).toBe('b');
});

test('it comes back once the object has heard of the failures and does not eject', async () => {
  const { fail, goesTo, view } = setUp();
  fail(view.config.ejection.failures, 'b');
  view.unreported = 0;
  view.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  expect((await goesTo()).backend).toBe('b');
});
