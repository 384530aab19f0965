/** An isolate in the simulation: the product's own client of a pool; only the calls are made up. No I/O. */
import { take } from '../../worker/balance/round-robin.ts';
import type { PoolConfig } from '../../worker/config/schema.ts';
import type { SyncAsk, SyncReply } from '../../worker/protocol/messages.ts';
import type { AutoShards } from '../../worker/protocol/sharding.ts';
import { type Context, type Host, PoolClient } from '../../worker/proxy/pool-client/pool-client.ts';
import type { EventQueue } from './event-queue.ts';

/** Calls the isolate's object; rejects when it turns the call away. */
export type Call = (ask: SyncAsk) => Promise<SyncReply>;
/** A request went to a backend, `waitedMs` after it had come. */
export type Note = (isolate: Isolate, index: number, at: number, waitedMs: number) => void;

const HOST: Host = { lostPools: () => 1, refreshRoutes: async () => undefined };
const FINISHED = {
  route: 'r',
  backend: 'a',
  status: 200,
  ms: 1,
  attempts: [{ outcome: 'ok' }],
  bytes: { bytesIn: 0, bytesOut: 0 },
  mapping: null,
};

export class Isolate {
  readonly #events: EventQueue;
  readonly #call: Call;
  readonly #note: Note;
  #client: PoolClient;
  #context: Context;

  constructor(events: EventQueue, pool: PoolConfig, revision: number, call: Call, note: Note) {
    this.#events = events;
    this.#call = call;
    this.#note = note;
    this.#client = new PoolClient(pool, revision, HOST);
    this.#context = this.#newContext();
  }

  /** The shards that the pool has come to, as this isolate knows. */
  get autoShards(): AutoShards {
    return this.#client.autoShards;
  }

  /** The platform ends the isolate; a new one takes its place. Returns how many slots were in hand. */
  vanish(pool: PoolConfig, revision: number): number {
    const { left } = this.#client.slots;
    // What the old one has yet to say never leaves.
    Object.assign(this.#context.env, {
      POOL: { getByName: () => ({ sync: () => new Promise(() => undefined) }) },
    });
    this.#client = new PoolClient(pool, revision, HOST);
    this.#context = this.#newContext();
    return left;
  }

  /** One request, as `selectFirst` has it. */
  request(now: number): void {
    const client = this.#client;
    const slot = client.takeSlot(now);
    if (slot) this.#use(client, slot.index, now);
    else if (client.mustAsk(now))
      void client.refresh(this.#context).then(() => {
        const fresh = client.takeSlot(Date.now());
        this.#use(client, fresh?.index ?? localPick(client), now);
      });
    else this.#use(client, localPick(client), now);
    client.begin(this.#context, now);
  }

  #use(client: PoolClient, index: number, cameAt: number): void {
    const now = Date.now();
    this.#note(this, index, now, now - cameAt);
    client.finish(this.#context, FINISHED, now);
  }

  #newContext(): Context {
    const env = { POOL: { getByName: () => ({ sync: this.#call }) } } as unknown as Context['env'];
    // Something is left to do behind the response, so promises have to be settled.
    return { env, ctx: { waitUntil: () => this.#events.unsettle() } };
  }
}

const localPick = ({ config, localPosition }: PoolClient): number =>
  take(
    localPosition,
    config.backends.map(({ state, weight }) => (state === 'active' ? weight : 0)),
  );
