/** Which clients with affinity this isolate has seen, as hashes: each is told to the Pool object now and then. Plain data. */
import { addressKey, hash32 } from '../../balance/hash.ts';
import type { Env } from '../../env.ts';
import { drainTimes, REPORTS_PER_WINDOW } from '../../stats/drain.ts';
import type { PoolView } from './pool-view.ts';

/** Clients remembered per pool; then all are forgotten, and told again. As many wait to be told; then the oldest go. */
export const REMEMBERED = 10_000;

interface Clients {
  /** Hash of backend and client, and until when it need not be told again (epoch ms). */
  readonly told: Map<number, number>;
  /** The same hash, and the backend; the longest waiting first. */
  readonly untold: Map<number, string>;
}

const byPool = new WeakMap<PoolView, Clients>();

function clientsOf(view: PoolView): Clients {
  let clients = byPool.get(view);
  if (!clients) {
    clients = { told: new Map(), untold: new Map() };
    byPool.set(view, clients);
  }
  return clients;
}

/**
 * Notes that a client with affinity was sent to a backend; it goes with the next batch. `issuedAt` is its cookie's (null:
 * it has none): with the address it tells clients apart, nearly. Neither leaves the isolate but in a hash of 32 bits with
 * a secret in it.
 */
export function noteClient(
  view: PoolView,
  backend: string,
  issuedAt: number | null,
  request: Request,
  env: Env,
): void {
  const { told, untold } = clientsOf(view);
  const address = addressKey(request.headers.get('cf-connecting-ip') ?? '');
  const secret = env.AFFINITY_SECRET || env.ADMIN_TOKEN || '';
  const hash = hash32(`${secret} ${backend} ${issuedAt ?? ''} ${address}`);
  const now = Date.now();
  if ((told.get(hash) ?? 0) > now) return;
  if (told.size >= REMEMBERED) told.clear();
  told.set(hash, now + drainTimes(env).windowMs / REPORTS_PER_WINDOW);
  untold.set(hash, backend);
  keepNewest(untold);
}

/** What is to be told now. */
export function takeClients(view: PoolView): Record<string, number[]> {
  const { untold } = clientsOf(view);
  // By backend id, which may be any: also the name of what every object has.
  const taken = new Map<string, number[]>();
  for (const [hash, backend] of untold) {
    const hashes = taken.get(backend);
    if (hashes) hashes.push(hash);
    else taken.set(backend, [hash]);
  }
  untold.clear();
  return Object.fromEntries(taken);
}

/** The object did not take them: they go with the next batch, as far as they are remembered at all. */
export function putBackClients(view: PoolView, hashes: Readonly<Record<string, readonly number[]>>): void {
  const { untold } = clientsOf(view);
  const newer = [...untold];
  untold.clear();
  for (const [backend, list] of Object.entries(hashes)) for (const hash of list) untold.set(hash, backend);
  for (const [hash, backend] of newer) {
    untold.delete(hash);
    untold.set(hash, backend);
  }
  keepNewest(untold);
}

function keepNewest(untold: Map<number, string>): void {
  for (const oldest of untold.keys()) {
    if (untold.size <= REMEMBERED) return;
    untold.delete(oldest);
  }
}
