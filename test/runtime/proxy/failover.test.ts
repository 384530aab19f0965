/**
 * Failing backends, with the defaults and real processes' sockets: which backend gets the requests instead, what clients
 * notice, and how a backend comes back. First the rows by which the failure model is judged (`npm run compare` plays them
 * in full), then case by case.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Actor, type Behaviour, hangs, inTurn, startActor, well } from '../../compare/actors.ts';
import { failedProbes, onStage, rows, type Stage } from '../../compare/cases.ts';
import { type Contender, evenkeel, type Noted, type Served } from '../../compare/contenders.ts';
import { closedLoop, isFailing, openLoop, type Shot, shoot, wait } from '../../compare/load.ts';
import { eventually, type Json, type Product, startProduct, tally } from '../../support/product/product.ts';

let product: Product;
let contender: Contender;
beforeAll(async () => {
  product = await startProduct();
  contender = evenkeel(product);
});
afterAll(() => product.stop());

const failing = (shots: readonly Shot[]): number => shots.filter(isFailing).length;
const statuses = (shots: readonly Shot[]) => tally(shots.map(({ status }) => status));
const backends = (shots: readonly Shot[]) => tally(shots.map(({ backend }) => backend));
const inOrder = (shots: readonly Shot[]) => [...shots].sort((x, y) => x.sentAt - y.sentAt);
/** A backend fails in one of these ways: `refuse` connections, or answer what it is given. */
const fail = (actor: Actor, how: 'refuse' | Behaviour) =>
  how === 'refuse' ? actor.die() : Promise.resolve(actor.act(() => how));
const kinds = (events: readonly Noted[], backend?: string) =>
  events.filter((event) => backend === undefined || event.backend === backend).map(({ kind }) => kind);
/** The first event of a kind that a pool's backends are noted for. */
const untilNoted = async (served: Served, kind: string, backend?: string): Promise<Noted> => {
  const isIt = (event: Noted) => event.kind === kind && (backend === undefined || event.backend === backend);
  return (await eventually(served.events, (events) => events.some(isIt), 20_000, 200)).find(isIt)!;
};

/** Requests a second of a test; a dozen of them share one machine. */
const RATE = 15;
/** By default `ejection.stallMs`. */
const STALL_MS = 2_000;

/* Every row of the comparison. The longest come first, so that one file is done soonest. */

/** The longest row is a rolling restart of 45 s; requests that are left waiting may take their whole timeout on top. */
const ROW_MS = 150_000;

const parts = rows
  .flatMap(({ what, must, parts }) =>
    parts.map((part) => [part.name ? `${what}, ${part.name}` : what, must, part] as const),
  )
  .toSorted(([, , x], [, , y]) => y.seconds - x.seconds);

test.concurrent.each(parts)(
  '%s: %s',
  async (_what, _must, part) => {
    const { broken } = await part.play(contender, 'short');
    expect(broken).toEqual([]);
  },
  ROW_MS,
);

/* A pool that is out (F1) */

test.concurrent.each<[string, string, 'refuse' | Behaviour, most: number]>([
  ['a', 'GET', 521, 3],
  ['a', 'POST', 521, 4],
  ['a', 'GET', 503, 3],
  ['a', 'POST', 503, 4],
  ['ab', 'GET', 'refuse', 3],
  ['ab', 'POST', 'refuse', 8],
  ['ab', 'GET', 521, 3],
  ['ab', 'POST', 521, 4],
  ['abc', 'GET', 503, 4],
])(
  'when all of pool %s fail %s requests (%s), the pool that takes over answers',
  async (pool, method, how, most) => {
    await onStage(contender, { pool, spare: 'xy' }, async ({ actors, served }) => {
      await openLoop(served, { perSecond: 20, seconds: 0.3 });
      await Promise.all([...pool].map((id) => fail(actors[id]!, how)));
      const shots = inOrder(await openLoop(served, { perSecond: RATE, seconds: 8, method }));
      expect(failing(shots)).toBeLessThanOrEqual(most);
      // The two of the other pool share the work as they would their own.
      const { x = 0, y = 0 } = backends(shots);
      expect(x + y).toBe(shots.length - failing(shots));
      expect(Math.abs(x - y)).toBeLessThanOrEqual(shots.length / 10);
    });
  },
);

test.concurrent.each(['GET', 'POST'])(
  'a pool takes over for one that took over: A, B, D for %s',
  async (method) => {
    await onStage(contender, { pool: 'a', spare: 'b' }, async ({ actors, served }) => {
      const last = await startActor('d');
      const put = (id: string, { url }: Actor, whenUnavailable: string) =>
        product.apiOk('PUT', `/pools/${id}`, { backends: [{ id: 'd', url }], whenUnavailable });
      await put(`${served.pool}-last`, last, 'fail-open');
      await product.apiOk('PUT', `/pools/${served.pool}-spare`, {
        backends: [{ id: 'b', url: actors.b!.url }],
        whenUnavailable: `pool:${served.pool}-last`,
      });
      await openLoop(served, { perSecond: 20, seconds: 0.3 });
      await Promise.all([actors.a!.die(), actors.b!.die()]);
      const shots = await openLoop(served, { perSecond: RATE, seconds: 6, method });
      await last.die();
      expect(failing(shots)).toBeLessThanOrEqual(method === 'GET' ? 3 : 8);
      expect(backends(shots).d).toBe(shots.length - failing(shots));
    });
  },
);

test.concurrent('the pool takes its traffic back after a probe that succeeds, and no request notices', async () => {
  const keys = { ejection: { baseMs: 1_000 } };
  await onStage(contender, { pool: 'a', spare: 'x', keys }, async ({ actors, served }) => {
    await actors.a!.die();
    await openLoop(served, { perSecond: 20, seconds: 0.8 });
    expect((await shoot(served)).backend).toBe('x');
    await actors.a!.comeBack();
    const shots: Shot[] = [];
    const ask = async () => {
      const shot = await shoot(served);
      shots.push(shot);
      return shot.backend;
    };
    await eventually(ask, (backend) => backend === 'a');
    const after = await closedLoop(served, { clients: 1, count: 20, pauseMs: 10 });
    expect(statuses([...shots, ...after])).toEqual({ 200: shots.length + 20 });
    expect(backends(after)).toEqual({ a: 20 });
  });
});

test.concurrent('the status and the events say that a pool is out, and that it is back', async () => {
  const keys = { ejection: { baseMs: 3_000 } };
  await onStage(contender, { pool: 'ab', spare: 'x', keys }, async ({ actors, served }) => {
    await Promise.all([actors.a!.die(), actors.b!.die()]);
    await openLoop(served, { perSecond: 20, seconds: 0.8 });
    const out = await eventually(served.status, (rows) => rows.every((row) => row.status === 'ejected'));
    expect(out.map(({ id }) => id)).toEqual(['a', 'b']);
    await untilNoted(served, 'pool-out');
    const { candidates } = await product.apiOk('POST', '/explain', { url: `http://${served.host}/` });
    expect(candidates[0]).toMatchObject({ pool: `${served.pool}-spare`, backend: 'x' });
    await Promise.all([actors.a!.comeBack(), actors.b!.comeBack()]);
    const load = openLoop(served, { perSecond: 20, seconds: 6 });
    await untilNoted(served, 'pool-back');
    await load;
  });
});

test.concurrent.each(['GET', 'POST'])(
  'reject: once all are out, %s gets 503 with Retry-After and no backend is asked',
  async (method) => {
    await onStage(
      contender,
      { pool: 'ab', keys: { whenUnavailable: 'reject' } },
      async ({ actors, served }) => {
        for (const id of ['a', 'b']) actors[id]!.act(() => 503);
        await openLoop(served, { perSecond: 20, seconds: 2, method });
        const asked = () => actors.a!.hits + actors.b!.hits;
        const before = asked();
        const shots = await openLoop(served, { perSecond: 20, seconds: 2, method });
        expect(asked()).toBe(before);
        expect(statuses(shots)).toEqual({ 503: shots.length });
        for (const { headers } of shots) {
          expect(headers).toMatchObject({ 'content-type': 'application/problem+json' });
          expect(Number(headers['retry-after'])).toBeGreaterThan(0);
        }
      },
    );
  },
);

test.concurrent('fail-open: an answer to a request that began after the ejection ends that ejection at once', async () => {
  await onStage(contender, { pool: 'ab' }, async ({ actors, served }) => {
    await Promise.all([actors.a!.die(), actors.b!.die()]);
    await openLoop(served, { perSecond: 20, seconds: 1 });
    await eventually(served.status, (rows) => rows.every(({ status }) => status === 'ejected'));
    await Promise.all([actors.a!.comeBack(), actors.b!.comeBack()]);
    // Their ejections would last ten seconds.
    const shots = await closedLoop(served, { clients: 2, seconds: 2, pauseMs: 20 });
    expect(failing(shots)).toBe(0);
    // Once one of them is back the pool no longer asks the other, which has to wait for its probe.
    expect((await served.status()).map(({ status }) => status)).toContain('available');
  });
});

/* Most of a pool is out (F2) */

test.concurrent.each<[string, string, 'refuse' | Behaviour, string, most: number]>([
  ['abc', 'ab', 521, 'GET', 3],
  ['abc', 'ab', 521, 'POST', 3],
  ['abc', 'bc', 503, 'POST', 8],
  ['abcd', 'abc', 'refuse', 'GET', 4],
  ['abcde', 'ace', 'refuse', 'GET', 4],
])(
  'of %s the backends %s fail (%s): the others take all %s requests',
  async (pool, bad, how, method, most) => {
    await onStage(contender, { pool }, async ({ actors, served }) => {
      await openLoop(served, { perSecond: RATE, seconds: 0.4 });
      await Promise.all([...bad].map((id) => fail(actors[id]!, how)));
      const shots = inOrder(await openLoop(served, { perSecond: RATE, seconds: 8, method }));
      expect(failing(shots)).toBeLessThanOrEqual(most);
      // Long before the end all that fail are found, and the others share the work.
      const rest = [...pool].filter((id) => !bad.includes(id));
      const late = shots.slice(-60);
      expect(Object.keys(backends(late)).sort()).toEqual(rest);
      for (const count of Object.values(backends(late)))
        expect(Math.abs(count - 60 / rest.length)).toBeLessThanOrEqual(4);
    });
  },
);

test.concurrent('a failing backend that the cap keeps in is asked last, is called failing, and an event says so', async () => {
  const keys = { ejection: { maxEjectedPercent: 50 } };
  await onStage(contender, { pool: 'abc', keys }, async ({ actors, served }) => {
    await Promise.all([actors.a!.die(), actors.b!.die()]);
    const shots = inOrder(await openLoop(served, { perSecond: RATE, seconds: 6, method: 'POST' }));
    expect(failing(shots)).toBeLessThanOrEqual(8);
    expect(failing(shots.slice(-45))).toBe(0);
    const rows = await served.status();
    expect(rows.map(({ status }) => status).sort()).toEqual(['available', 'ejected', 'failing']);
    const { backend } = await untilNoted(served, 'cap-reached');
    expect(rows.find(({ status }) => status === 'failing').id).toBe(backend);
  });
});

test.concurrent('a quick rolling restart, four seconds down and two between, is noticed by few', async () => {
  await onStage(contender, { pool: 'abc' }, async ({ actors, served }) => {
    const load = openLoop(served, { perSecond: RATE, seconds: 19 });
    await wait(500);
    for (const id of 'abc') {
      await actors[id]!.die();
      await wait(4_000);
      await actors[id]!.comeBack();
      await wait(2_000);
    }
    expect(failing(await load)).toBeLessThanOrEqual(3);
  });
});

/* Half-broken backends (F3) */

test.concurrent.each<[string, string, Behaviour[], string]>([
  ['every other request', 'ab', [503, 200], 'POST'],
  ['two of three requests', 'ab', [503, 503, 200], 'GET'],
  ['every other request', 'abc', [503, 200], 'GET'],
])('a backend that fails %s, one of %s, is ejected (%j, %s)', async (_, pool, behaviours, method) => {
  await onStage(contender, { pool }, async ({ actors, served }) => {
    actors.a!.act(inTurn(...behaviours));
    const shots = inOrder(await openLoop(served, { perSecond: RATE, seconds: 9, method }));
    expect(failing(shots)).toBeLessThanOrEqual(10);
    expect(kinds(await served.events(), 'a')).toContain('ejected');
    const late = backends(shots.slice(-60));
    for (const id of pool.slice(1))
      expect(Math.abs(late[id]! - 60 / (pool.length - 1))).toBeLessThanOrEqual(4);
  });
});

test.concurrent('a backend whose /static is well and whose /shop is broken is ejected', async () => {
  await onStage(contender, { pool: 'ab' }, async ({ actors, served }) => {
    actors.a!.act((_, { url }) => (url === '/shop' ? 503 : 200));
    // Two and two, for in turn each backend would always be asked for the same.
    const path = (n: number) => (n % 4 < 2 ? '/static' : '/shop');
    const shots = await openLoop(served, { perSecond: RATE, seconds: 9, path });
    expect(failing(shots)).toBeLessThanOrEqual(10);
    expect(kinds(await served.events(), 'a')).toContain('ejected');
  });
});

test.concurrent('a backend that fails a quarter of its requests stays: their retries succeed', async () => {
  await onStage(contender, { pool: 'ab' }, async ({ actors, served }) => {
    actors.a!.act(inTurn(503, 200, 200, 200));
    const shots = await openLoop(served, { perSecond: RATE, seconds: 8 });
    expect(failing(shots)).toBe(0);
    expect(await served.events()).toEqual([]);
  });
});

/* Backends that hang (F4) */

test.concurrent('of POSTs to a backend that hangs only those fail that were there before it was known', async () => {
  await onStage(contender, { pool: 'abc', timeoutMs: 4_000 }, async ({ actors, served }) => {
    await openLoop(served, { perSecond: RATE, seconds: 0.5 });
    actors.a!.act(hangs);
    const from = performance.now();
    const shots = await openLoop(served, { perSecond: RATE, seconds: 7, method: 'POST' });
    const late = shots.filter(({ sentAt }) => sentAt - from > STALL_MS + 1_000);
    expect(failing(late)).toBe(0);
    // A third of those of two seconds, and what it takes to tell the isolate.
    expect(failing(shots)).toBeLessThanOrEqual(18);
  });
});

test.concurrent('a hundred clients before a backend that hangs: none of them fails', async () => {
  await onStage(contender, { pool: 'abc', timeoutMs: 8_000 }, async ({ actors, served }) => {
    const load = { clients: 100, pauseMs: 400 };
    await closedLoop(served, { ...load, seconds: 3 });
    actors.a!.act(hangs);
    const shots = await closedLoop(served, { ...load, seconds: 6 });
    expect(failing(shots)).toBe(0);
  });
});

test.concurrent('a probe that meets the hang again makes its client wait no longer than a stall', async () => {
  const keys = { ejection: { baseMs: 1_000, maxMs: 1_000, stallMs: 500 } };
  await onStage(contender, { pool: 'abc', timeoutMs: 8_000, keys }, async ({ actors, served }) => {
    await openLoop(served, { perSecond: 20, seconds: 0.5 });
    actors.a!.act(hangs);
    const shots = await openLoop(served, { perSecond: 20, seconds: 8 });
    expect(failing(shots)).toBe(0);
    expect(await failedProbes(served)).toBeGreaterThan(1);
    expect(Math.max(...shots.map(({ ms }) => ms))).toBeLessThan(500 + 1_500);
  });
});

/* Failures far apart (F5) */

test.concurrent('on a quiet site a backend that hangs makes one request wait for its timeout, not one after the other', async () => {
  // A request each 5 s and a timeout of 15 s, at a tenth of every time.
  const ejection = { baseMs: 1_000, windowMs: 1_000, maxMs: 30_000, stallMs: 200 };
  await onStage(
    contender,
    { pool: 'abc', timeoutMs: 1_500, keys: { ejection } },
    async ({ actors, served }) => {
      await openLoop(served, { perSecond: 2, seconds: 2 });
      actors.a!.act(hangs);
      const shots = await openLoop(served, { perSecond: 2, seconds: 12 });
      expect(failing(shots)).toBe(0);
      expect(shots.filter(({ ms }) => ms > 1_400).length).toBeLessThanOrEqual(1);
      expect(kinds(await served.events(), 'a')).toContain('ejected');
    },
  );
});

test.concurrent.each<[string, 'refuse' | Behaviour, Json]>([
  ['refuses connections', 'refuse', {}],
  ['answers 503', 503, {}],
  ['hangs', 'hang', { timeoutMs: 300 }],
])('three failures in a row eject however far apart: a backend that %s', async (_, how, keys) => {
  const ejection = { windowMs: 200, baseMs: 2_000, stallMs: 0 };
  await onStage(contender, { pool: 'abc', keys: { ejection, ...keys } }, async ({ actors, served }) => {
    await fail(actors.a!, how);
    const shots = await openLoop(served, { perSecond: 2.5, seconds: 12, method: 'POST' });
    expect(failing(shots)).toBeLessThanOrEqual(3 + (await failedProbes(served)));
    expect(kinds(await served.events(), 'a')).toContain('ejected');
  });
});

test.concurrent('a success between two failures begins the row from the start', async () => {
  const keys = { ejection: { failurePercent: 0 } };
  await onStage(contender, { pool: 'ab', keys }, async ({ actors, served }) => {
    actors.a!.act(inTurn(503, 503, 200));
    await closedLoop(served, { clients: 1, count: 60, method: 'POST' });
    expect(await served.events()).toEqual([]);
  });
});

/* Who is asked next (F7) */

/** Nothing takes a backend out, and nothing stands in the way of a retry. */
const PATIENT = {
  ejection: { failures: 1_000, failurePercent: 0, stallMs: 0 },
  retry: { budgetPercent: 100 },
};
test.concurrent.each<[weights: number[], dead: string, expected: Record<string, number>]>([
  [[1, 1, 1], 'a', { b: 300, c: 300 }],
  [[1, 1, 1], 'b', { a: 300, c: 300 }],
  [[1, 1, 1], 'c', { a: 300, b: 300 }],
  [[1, 1, 1, 1, 1], 'c', { a: 150, b: 150, d: 150, e: 150 }],
  [[8, 1, 1], 'a', { b: 300, c: 300 }],
  [[1, 1, 8], 'c', { a: 300, b: 300 }],
  // 60 and 480 of its own, and of the 60 of the dead one 1:8.
  [[1, 1, 8], 'a', { b: 67, c: 533 }],
])('retries go to the others by weight: weights %j, %s dead', async (weights, dead, expected) => {
  const pool = 'abcde'.slice(0, weights.length);
  const byId = Object.fromEntries([...pool].map((id, i) => [id, weights[i]!]));
  await onStage(contender, { pool, weights: byId, keys: PATIENT }, async ({ actors, served }) => {
    await actors[dead]!.die();
    const shots = await closedLoop(served, { clients: 4, count: 600 });
    expect(statuses(shots)).toEqual({ 200: 600 });
    const counts = backends(shots);
    for (const [id, count] of Object.entries(expected))
      expect(Math.abs(counts[id]! - count), JSON.stringify(counts)).toBeLessThanOrEqual(12);
  });
});

/* Probes (F9, F16) */

test.concurrent('a timeout that began before the ejection is no failed probe, and does not eject again', async () => {
  const ejection = { baseMs: 1_500, stallMs: 0, failurePercent: 0 };
  const keys = { ejection, retry: { budgetPercent: 100 } };
  await onStage(contender, { pool: 'abc', timeoutMs: 3_000, keys }, async ({ actors, served }) => {
    await openLoop(served, { perSecond: RATE, seconds: 0.4 });
    actors.a!.act(hangs);
    const load = openLoop(served, { perSecond: RATE, seconds: 8 });
    const { at } = await untilNoted(served, 'ejected', 'a');
    // What waits at it runs into its timeout up to three seconds later, when the ejection is long over.
    actors.a!.act(well);
    const shots = await load;
    expect(failing(shots)).toBe(0);
    const events = (await served.events()).filter(({ kind }) => kind !== 'probe');
    expect(kinds(events, 'a')).toEqual(['ejected', 'returned']);
    expect(events.at(-1)!.at - at).toBeLessThan(1_500 + 1_000);
  });
});

test.concurrent('a request that may be repeated is preferred as the probe: no POST fails by one', async () => {
  const keys = { ejection: { baseMs: 500, maxMs: 500 } };
  await onStage(contender, { pool: 'abc', keys }, async ({ actors, served }) => {
    await actors.a!.die();
    const [posts, gets] = await Promise.all([
      openLoop(served, { perSecond: 20, seconds: 7, method: 'POST' }),
      openLoop(served, { perSecond: 10, seconds: 7 }),
    ]);
    expect(failing(gets)).toBe(0);
    // Three in a row eject; GETs may be among them.
    expect(failing(posts)).toBeLessThanOrEqual(3);
    expect(await failedProbes(served)).toBeGreaterThan(3);
  });
});

test.concurrent('a Retry-After on the failed answers makes the ejection at least that long', async () => {
  await onStage(contender, { pool: 'ab' }, async ({ actors, served }) => {
    actors.a!.act(() => ({ status: 503, headers: { 'retry-after': '40' } }));
    await openLoop(served, { perSecond: 20, seconds: 0.8 });
    const { at, until } = await untilNoted(served, 'ejected', 'a');
    expect(until! - at).toBeGreaterThanOrEqual(39_000);
    expect(until! - at).toBeLessThanOrEqual(41_000);
  });
});

test.concurrent('long polls do not stall a pool: each waits out its time where it was sent', async () => {
  await onStage(contender, { pool: 'abc' }, async ({ actors, served }) => {
    for (const id of 'abc') actors[id]!.act(() => ({ status: 204, afterMs: 3_500 }));
    const shots = await openLoop(served, { perSecond: 12, seconds: 5 });
    expect(statuses(shots)).toEqual({ 204: 60 });
    expect(await served.events()).toEqual([]);
    expect(actors.a!.hits + actors.b!.hits + actors.c!.hits).toBe(60);
  });
});

/* Clients that stick (F10) */

const cookieOf = ({ headers }: Shot): string | undefined =>
  headers['set-cookie']?.find((cookie) => cookie.startsWith('X-Backend-Id='))?.split(';')[0];

test.concurrent('a client pinned by cookie to a dead backend moves once: to the backend that answered its retry', async () => {
  // Eight failures eject, so that some clients move before the ejection and some after it.
  const keys = { ejection: { failures: 8, failurePercent: 0 }, retry: { budgetPercent: 100 } };
  const stage = { pool: 'abc', keys, route: { affinity: 'cookie' } };
  await onStage(contender, stage, async ({ actors, served }) => {
    const first = await closedLoop(served, { clients: 1, count: 60 });
    const pinned = first.filter(({ backend }) => backend === 'a').map((shot) => cookieOf(shot)!);
    expect(pinned.length).toBe(20);
    await actors.a!.die();
    const moves: string[] = [];
    for (let cookie of pinned) {
      const visits: Shot[] = [];
      for (let n = 0; n < 3; n++) {
        const shot = await shoot(served, { headers: { cookie } });
        cookie = cookieOf(shot) ?? cookie;
        visits.push(shot);
      }
      expect(visits.map((shot) => cookieOf(shot) !== undefined)).toEqual([true, false, false]);
      moves.push(visits.map(({ backend }) => backend).join(''));
    }
    const { bbb = 0, ccc = 0 } = tally(moves);
    expect(bbb + ccc, moves.join(' ')).toBe(20);
    expect(Math.min(bbb, ccc)).toBeGreaterThanOrEqual(5);
  });
});

/** What makes a request come from another address, whichever of the two the local runtime believes. */
const ofClient = (ip: string) => ({ 'cf-connecting-ip': ip, 'evenkeel-client': JSON.stringify({ ip }) });

test.concurrent.each<[string, Json]>([
  ['affinity by address', { route: { affinity: 'ip' } }],
  ['policy hash', { keys: { policy: 'hash', hashKey: 'ip' } }],
])(
  'with %s the clients of a dead backend move once, and the others stay',
  async (_, { keys = {}, route = {} }) => {
    const patient = { ejection: { failures: 8, failurePercent: 0 }, retry: { budgetPercent: 100 } };
    await onStage(
      contender,
      { pool: 'abc', keys: { ...patient, ...keys }, route },
      async ({ actors, served }) => {
        const from = (i: number) => shoot(served, { headers: ofClient(`192.0.2.${i}`) });
        const clients = Array.from({ length: 60 }, (_, i) => i + 1);
        const homes = new Map<number, string>();
        for (const client of clients) homes.set(client, (await from(client)).backend);
        await actors.a!.die();
        const visits = new Map<number, string>(clients.map((client) => [client, '']));
        for (let n = 0; n < 3; n++)
          for (const client of clients)
            visits.set(client, visits.get(client)! + (await from(client)).backend);
        for (const client of clients) {
          const home = homes.get(client)!;
          const expected = home === 'a' ? /^(bbb|ccc)$/ : new RegExp(`^${home}{3}$`);
          expect(visits.get(client), `client ${client} of ${home}`).toMatch(expected);
        }
        const moved = clients
          .filter((client) => homes.get(client) === 'a')
          .map((client) => visits.get(client)!);
        expect(Object.keys(tally(moved)).sort()).toEqual(['bbb', 'ccc']);
      },
    );
  },
);

test.concurrent('a failed answer pins no client', async () => {
  const stage = { pool: 'ab', keys: { retry: { maxRetries: 0 } }, route: { affinity: 'cookie' } };
  await onStage(contender, stage, async ({ actors, served }) => {
    for (const id of 'ab') actors[id]!.act(() => 503);
    const shots = await closedLoop(served, { clients: 1, count: 4 });
    expect(shots.map((shot) => [shot.status, cookieOf(shot)])).toEqual(Array(4).fill([503, undefined]));
  });
});

/* A backend that returns (F11) */

/** The longest run of one backend in a sequence of answers. */
function longestRun(shots: readonly Shot[], id: string): number {
  let longest = 0;
  let run = 0;
  for (const { backend } of shots) {
    run = backend === id ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** At a rate at which an isolate takes many turns at once: those of a backend that dies have to go somewhere. */
async function comeBackUnderLoad({ actors, served }: Stage, id: string) {
  const ask = (time: number) => openLoop(served, { perSecond: 150, seconds: time });
  const healthy = inOrder(await ask(1));
  await actors[id]!.die();
  const load = ask(5);
  await wait(700);
  await actors[id]!.comeBack();
  return { healthy, returned: inOrder(await load) };
}

test.concurrent.each<[string, number[], Json, most: number]>([
  // Two, and one more where an answer overtakes another on its way.
  ['equal weights', [1, 1, 1], {}, 3],
  ['equal weights and slow start', [1, 1, 1], { slowStartMs: 2_000 }, 3],
  ['weights 10,1,1', [10, 1, 1], {}, 11],
])('a backend that returns is not owed the turns that it missed: %s', async (_, weights, keys, most) => {
  const byId = { a: weights[0]!, b: weights[1]!, c: weights[2]! };
  const ejection = { baseMs: 1_000 };
  await onStage(contender, { pool: 'abc', weights: byId, keys: { ejection, ...keys } }, async (stage) => {
    const { healthy, returned } = await comeBackUnderLoad(stage, 'a');
    expect(failing(returned)).toBe(0);
    expect(longestRun(healthy, 'a')).toBeLessThanOrEqual(most);
    const back = returned.slice(returned.findIndex(({ backend }, i) => i > 30 && backend === 'a'));
    expect(longestRun(back, 'a')).toBeLessThanOrEqual(most);
    // It did come back, and came to its share in the end.
    const late = back.slice(-Math.floor(back.length / 3));
    const share = weights[0]! / weights.reduce((sum, weight) => sum + weight, 0);
    const got = late.filter(({ backend }) => backend === 'a').length / late.length;
    expect(Math.abs(got - share)).toBeLessThanOrEqual(0.1);
  });
});
