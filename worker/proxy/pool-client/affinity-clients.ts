/** The clients with affinity that this isolate has seen, as hashes. Each is reported to the Pool object now and then. Plain data. */
import { addressKey, hash32 } from '../../balance/hash.ts';
import type { Env } from '../../env.ts';
import { evictOldest } from '../../lib/bounded.ts';
import { drainTimes, REPORTS_PER_WINDOW } from '../../stats/drain.ts';
import type { PoolView } from './pool-view.ts';

/** Clients remembered per pool; past this all are forgotten and reported again. As many wait to be reported; then the oldest go. */
export const REMEMBERED = 10_000;

interface Clients {
  /** Hash of backend and client, and until when it need not be reported again (epoch ms). */
  readonly reported: Map<number, number>;
  /** The same hash, and the backend; the longest waiting first. */
  readonly pending: Map<number, string>;
}

const byPool = new WeakMap<PoolView, Clients>();

function clientsOf(view: PoolView): Clients {
  let clients = byPool.get(view);
  if (!clients) {
    clients = { reported: new Map(), pending: new Map() };
    byPool.set(view, clients);
  }
  return clients;
}

/**
 * Notes that a client with affinity was sent to a backend; the next report says so. `issuedAt` is its cookie's (null: it has
 * none). Issue time and address together approximate the client's identity; only a keyed 32-bit hash of them leaves the isolate.
 */
export function noteClient(
  view: PoolView,
  backend: string,
  issuedAt: number | null,
  request: Request,
  env: Env,
): void {
  const { reported, pending } = clientsOf(view);
  const address = addressKey(request.headers.get('cf-connecting-ip') ?? '');
  const secret = env.AFFINITY_SECRET || env.ADMIN_TOKEN || '';
  const hash = hash32(`${secret} ${backend} ${issuedAt ?? ''} ${address}`);
  const now = Date.now();
  if ((reported.get(hash) ?? 0) > now) return;
  if (reported.size >= REMEMBERED) reported.clear();
  reported.set(hash, now + drainTimes(env).windowMs / REPORTS_PER_WINDOW);
  pending.set(hash, backend);
  evictOldest(pending, REMEMBERED);
}

/** Takes the clients that wait to be reported: hashes by backend id. */
export function takeClients(view: PoolView): Record<string, number[]> {
  const { pending } = clientsOf(view);
  // By backend id, which may be any: also the name of what every object has.
  const taken = new Map<string, number[]>();
  for (const [hash, backend] of pending) {
    const hashes = taken.get(backend);
    if (hashes) hashes.push(hash);
    else taken.set(backend, [hash]);
  }
  pending.clear();
  return Object.fromEntries(taken);
}

/** Puts clients back that the object did not take; the next report names them again, up to the limit. */
export function requeueClients(view: PoolView, hashes: Readonly<Record<string, readonly number[]>>): void {
  const { pending } = clientsOf(view);
  const newer = [...pending];
  pending.clear();
  for (const [backend, list] of Object.entries(hashes)) for (const hash of list) pending.set(hash, backend);
  for (const [hash, backend] of newer) {
    pending.delete(hash);
    pending.set(hash, backend);
  }
  evictOldest(pending, REMEMBERED);
}
