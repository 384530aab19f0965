/** The clients with affinity that this isolate has seen, as hashes. Each is reported to the Pool object now and then. Plain data. */
import { addressKey, hash32 } from '../../balance/hash.ts';
import type { Env } from '../../env.ts';
import { evictOldest } from '../../lib/bounded.ts';
import { drainTimes, REPORTS_PER_WINDOW } from '../../stats/drain.ts';

/** Clients remembered per pool; past this all are forgotten and reported again. As many wait to be reported; then the oldest go. */
export const REMEMBERED = 10_000;

/** A client that was sent to a backend. */
export interface AffinityClient {
  readonly backend: string;
  /** When its cookie was issued, epoch seconds; null: it has none. */
  readonly issuedAt: number | null;
  readonly headers: Headers;
}

/** The clients of one pool. */
export class AffinityClients {
  /** Hash of backend and client, and until when it need not be reported again (epoch ms). */
  readonly #reported = new Map<number, number>();
  /** The same hash, and the backend; the longest waiting first. */
  readonly #pending = new Map<number, string>();

  /**
   * Notes a client; the next batch says so. Issue time and address together approximate its identity; only a keyed 32-bit
   * hash of them leaves the isolate.
   */
  add({ backend, issuedAt, headers }: AffinityClient, env: Env): void {
    const address = addressKey(headers.get('cf-connecting-ip') ?? '');
    const secret = env.AFFINITY_SECRET || env.ADMIN_TOKEN || '';
    const hash = hash32(`${secret} ${backend} ${issuedAt ?? ''} ${address}`);
    const now = Date.now();
    if ((this.#reported.get(hash) ?? 0) > now) return;
    if (this.#reported.size >= REMEMBERED) this.#reported.clear();
    this.#reported.set(hash, now + drainTimes(env).windowMs / REPORTS_PER_WINDOW);
    this.#pending.set(hash, backend);
    evictOldest(this.#pending, REMEMBERED);
  }

  /** Takes the clients that wait to be reported: hashes by backend id. */
  take(): Record<string, number[]> {
    // By backend id, which may be any: also the name of what every object has.
    const taken = new Map<string, number[]>();
    for (const [hash, backend] of this.#pending) {
      const hashes = taken.get(backend);
      if (hashes) hashes.push(hash);
      else taken.set(backend, [hash]);
    }
    this.#pending.clear();
    return Object.fromEntries(taken);
  }

  /** Puts clients back that the object did not take; the next batch names them again, up to the limit. */
  requeue(hashes: Readonly<Record<string, readonly number[]>>): void {
    const newer = [...this.#pending];
    this.#pending.clear();
    for (const [backend, list] of Object.entries(hashes))
      for (const hash of list) this.#pending.set(hash, backend);
    for (const [hash, backend] of newer) {
      this.#pending.delete(hash);
      this.#pending.set(hash, backend);
    }
    evictOldest(this.#pending, REMEMBERED);
  }
}
