/** The kinds of traffic, and clients that mix them until they are stopped. */
import { createHash } from 'node:crypto';
import { breakOff } from '../compare/load.ts';
import type { Random } from '../support/random.ts';
import { EVENTS } from './backend.ts';
import { ask, closeIdle, converse, type Ending } from './client.ts';
import { OUTAGE_CLIENTS, OUTAGE_POOLS } from './outages.ts';
import type { ClientRecord, Kind, RequestLog } from './request-log.ts';
import type { PoolName } from './schedule.ts';

/** How often each kind is sent, and to which pools. */
const MIX: readonly { readonly kind: Kind; readonly share: number; readonly pools: readonly PoolName[] }[] = [
  { kind: 'get', share: 40, pools: ['main', 'main', 'plain'] },
  { kind: 'put', share: 14, pools: ['main', 'main', 'plain'] },
  { kind: 'post', share: 16, pools: ['main', 'main', 'plain'] },
  { kind: 'pinned', share: 14, pools: ['sticky'] },
  { kind: 'upload', share: 8, pools: ['main'] },
  { kind: 'websocket', share: 5, pools: ['main'] },
  { kind: 'sse', share: 3, pools: ['main'] },
];
const DECK = MIX.flatMap((entry) => Array.from({ length: entry.share }, () => entry));
/** What those send whose pools have outages of their own, and the pool that takes uploads beside the cut ones. */
const LIGHT: readonly Kind[] = ['get', 'get', 'get', 'get', 'get', 'get', 'get', 'put', 'post', 'post'];
const UPLOADS: readonly Kind[] = ['get', 'put', 'upload'];

export interface Traffic {
  /** No further requests; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** An affinity cookie, and who answered when it was set. */
interface Pin {
  readonly cookie: string;
  readonly backend: string;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const hostOf = (pool: PoolName): string => `${pool}.chaos`;

/** Starts clients that send one request after the other. */
export function startTraffic(
  port: () => number,
  requestLog: RequestLog,
  random: Random,
  clients: number,
  prefix: string,
): Traffic {
  let running = true;
  let count = 0;
  const work = async () => {
    let pin: Pin | undefined;
    while (running) {
      const { kind, pools } = random.pick(DECK);
      const pool = random.pick(pools);
      const id = `${prefix}-${kind}-${++count}`;
      const [record, cookie] = await sendOne(port(), kind, pool, id, random, pin);
      requestLog.clients.push(record);
      if (cookie !== undefined && record.backend !== null) pin = { cookie, backend: record.backend };
      // With no runtime no request can be answered: do not spin.
      const waitMs = record.end === 'no answer' ? 50 : random.int(1, 12);
      await pause(waitMs);
    }
  };
  const light = async (pool: PoolName, kinds: readonly Kind[], [shortest, longest]: [number, number]) => {
    while (running) {
      const kind = random.pick(kinds);
      const [record] = await sendOne(port(), kind, pool, `${prefix}-${pool}-${kind}-${++count}`, random);
      requestLog.clients.push(record);
      await pause(random.int(shortest, longest));
    }
  };
  const breaksOff = async () => {
    while (running) {
      requestLog.clients.push(await breakOne(port(), `${prefix}-broken-off-${++count}`, random));
      await pause(random.int(20, 120));
    }
  };
  const done = Promise.all([
    ...Array.from({ length: clients }, work),
    ...OUTAGE_POOLS.flatMap((pool) =>
      Array.from({ length: OUTAGE_CLIENTS[pool].clients }, () =>
        light(pool, LIGHT, OUTAGE_CLIENTS[pool].pauseMs),
      ),
    ),
    light('uploads', UPLOADS, [20, 60]),
    ...[breaksOff(), breaksOff()],
  ]);
  return {
    async stop() {
      running = false;
      await done;
      closeIdle();
    },
  };
}

/** Begins an upload and leaves: with a length or without, kept or streamed, before its first byte or in the middle. */
async function breakOne(port: number, id: string, random: Random): Promise<ClientRecord> {
  const sentAt = performance.now();
  const length = random.pick([20_000, 1_000_000, 'chunked'] as const);
  const sent = random.pick([0, 10, 2_000, length === 20_000 ? 19_999 : 300_000]);
  const upload = { length, sent, by: random.pick(['FIN', 'RST'] as const), requestId: id };
  await breakOff({ port, host: hostOf('uploads') }, upload);
  const none = { status: null, backend: null, attempts: [], retryAfter: false } as const;
  const endedAt = performance.now();
  const note = `${length}, ${sent} sent, ${upload.by}`;
  return { id, pool: 'uploads', kind: 'broken-off', sentAt, endedAt, end: 'left', ...none, note };
}

/** Sends one request of a kind. Returns its record, and the affinity cookie that came with the answer. */
async function sendOne(
  port: number,
  kind: Kind,
  pool: PoolName,
  id: string,
  random: Random,
  pin?: Pin,
): Promise<readonly [ClientRecord, string | undefined]> {
  const sentAt = performance.now();
  const base = { port, host: hostOf(pool), path: `/${kind}/${id}` };
  const headers = { 'x-request-id': id };
  const filler = (length: number) => Buffer.alloc(length, id);
  let ending: Ending;
  let isRight: (text: string) => boolean;
  if (kind === 'websocket') {
    const messages = [1, 2, 3, 4].map((n) => `${id} ${n}`);
    ending = await converse({ ...base, headers }, messages, 4_000 + random.int(0, 99));
    isRight = (text) => text === messages.join();
  } else if (kind === 'sse') {
    ending = await ask({ ...base, path: `/events/${id}`, method: 'GET', headers, alone: true });
    isRight = (text) => text.split('\n\n').length === EVENTS + 1 && text.includes(`id: ${EVENTS}\n`);
  } else {
    const body = bodyOf(kind, random, filler);
    const hash = createHash('sha256');
    for (const piece of body) hash.update(piece);
    const sha256 = hash.digest('hex');
    const method = {
      get: 'GET',
      pinned: 'GET',
      put: 'PUT',
      upload: 'PUT',
      post: 'POST',
      'broken-off': 'POST',
    }[kind];
    const pinned = kind === 'pinned' && pin ? { cookie: pin.cookie } : {};
    ending = await ask({ ...base, method, headers: { ...headers, ...pinned }, body });
    isRight = (text) => isAnswerTo(text, id, sha256);
  }
  const answered = ending.status === 200 || ending.status === 101;
  const isWrong = ending.end === 'whole' && answered && !isRight(ending.text);
  const record: ClientRecord = {
    id,
    pool,
    kind,
    sentAt,
    endedAt: performance.now(),
    end: isWrong ? 'wrong' : ending.end,
    status: ending.status,
    backend: (ending.headers['x-backend-used'] as string | undefined) ?? null,
    ...(kind === 'pinned' && pin ? { pinnedTo: pin.backend } : {}),
    retryAfter: ending.headers['retry-after'] !== undefined,
    attempts: readAttempts(ending.headers['x-backend-attempts'] as string | undefined),
    ...(ending.note === undefined ? {} : { note: ending.note }),
  };
  return [record, ending.headers['set-cookie']?.[0]?.split(';')[0]];
}

function bodyOf(kind: Kind, random: Random, filler: (length: number) => Buffer): Buffer[] {
  if (kind === 'put' || kind === 'post') return [filler(random.int(1, 8_000))];
  if (kind !== 'upload') return [];
  return Array.from({ length: random.int(4, 12) }, () => filler(random.int(10_000, 60_000)));
}

function isAnswerTo(text: string, id: string, sha256: string): boolean {
  try {
    const answer = JSON.parse(text) as { requestId: string; sha256: string };
    return answer.requestId === id && answer.sha256 === sha256;
  } catch {
    return false;
  }
}

const readAttempts = (header = ''): ClientRecord['attempts'] =>
  header
    .split(', ')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [backend = '', how = ''] = entry.split(';');
      return { backend, how };
    });
