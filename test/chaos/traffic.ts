/** The kinds of traffic, and clients that mix them until they are told to stop. */
import { createHash } from 'node:crypto';
import type { Random } from '../support/random.ts';
import { EVENTS } from './backend.ts';
import { ask, closeIdle, converse, type Ending } from './client.ts';
import type { ClientRecord, Kind, Ledger } from './ledger.ts';
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

export interface Traffic {
  /** No further requests; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** An affinity cookie, and who answered when it was set. */
interface Pin {
  readonly cookie: string;
  readonly backend: string;
}

export const hostOf = (pool: PoolName): string => `${pool}.chaos`;

/** Starts clients that send one request after the other. */
export function startTraffic(
  port: () => number,
  ledger: Ledger,
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
      ledger.clients.push(record);
      if (cookie !== undefined && record.backend !== null) pin = { cookie, backend: record.backend };
      // With no runtime there is nobody to ask: do not spin.
      const waitMs = record.end === 'no answer' ? 50 : random.int(1, 12);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
  const done = Promise.all(Array.from({ length: clients }, work));
  return {
    async stop() {
      running = false;
      await done;
      closeIdle();
    },
  };
}

/** Sends one request of a kind. Returns its record, and the affinity cookie that came with the answer. */
export async function sendOne(
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
    const method = { get: 'GET', pinned: 'GET', put: 'PUT', upload: 'PUT', post: 'POST' }[kind];
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
