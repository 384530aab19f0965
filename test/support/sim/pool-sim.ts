/** A Pool object without its storage, at any distance, and isolates that use it by the product's own code. The test moves time. */
import { vi } from 'vitest';
import type { PoolConfig } from '../../../worker/config/schema.ts';
import { ReportDedup } from '../../../worker/objects/pool/calls/report-dedup.ts';
import { listEjected } from '../../../worker/objects/pool/probes.ts';
import { PoolState } from '../../../worker/objects/pool/state.ts';
import type { SyncAsk, SyncReply, Terms } from '../../../worker/protocol/messages.ts';
import { attemptsOf } from '../../../worker/protocol/runs.ts';
import { type Context, type Host, PoolClient } from '../../../worker/proxy/pool-client/pool-client.ts';
import { finished } from '../samples.ts';

const FINISHED = finished();
const DRAIN_TIMES = { windowMs: 60_000, webSocketLifeMs: 60_000 };

/** An isolate that knows no other pool. */
export const HOST: Host = { lostPools: () => 1, refreshRoutes: async () => undefined };

export class PoolSim {
  state: PoolState;
  readonly isolates: PoolClient[];
  /** The calls that came to the object, in order. */
  readonly calls: SyncAsk[] = [];
  /** Requests that had to wait for the object. */
  waited = 0;
  /** Requests by the backend's id. */
  readonly used = new Map<string, number>();
  /** The next call is carried out, but its reply gets lost on the way; the platform says whether to repeat it. */
  loses: { retryable: boolean } | null = null;
  /** While it is true the object throws. */
  isAway = false;
  /** What it asks of isolates. */
  terms: Terms = {};
  /** Its replies name this revision of the routes. */
  routesRevision = 0;
  /** What a request lends each isolate's client. */
  readonly contexts: readonly Context[];
  #revision = 1;
  readonly #dedup = new ReportDedup();
  readonly #delay: () => number;
  #isBusy = 0;

  /** `delay` gives the ms of one way of a call. */
  constructor(config: PoolConfig, isolates = 1, delay = () => 0) {
    this.state = new PoolState(config, null, (weights) => weights.map(() => 0), DRAIN_TIMES);
    this.isolates = Array.from({ length: isolates }, () => new PoolClient(config, this.#revision, HOST));
    this.#delay = delay;
    this.contexts = this.isolates.map((_, i) => {
      const stub = { sync: (ask: SyncAsk) => this.#travel({ ...ask, isolate: `${i}` }) };
      const env = { POOL: { getByName: () => stub } } as unknown as Context['env'];
      return { env, ctx: { waitUntil: (work: Promise<unknown>) => void this.#count(work) } };
    });
  }

  /** Of the first isolate. */
  get context(): Context {
    return this.contexts[0]!;
  }

  /** Configures; the object knows at once, isolates hear of it with their next call. */
  configure(config: PoolConfig): void {
    this.#revision++;
    this.state.configure(config, Date.now());
  }

  /** The object loses its memory, but for its position. */
  restart(): void {
    const { config, sequence } = this.state;
    const position = [...sequence.position];
    this.state = new PoolState(config, null, () => position, DRAIN_TIMES);
  }

  /** One request of an isolate, as select.ts selects for it. Returns the index of its backend; -1: none may be asked. */
  async request(isolate: number): Promise<number> {
    const client = this.isolates[isolate]!;
    const context = this.contexts[isolate]!;
    let slot = client.takeSlot(Date.now());
    if (!slot && client.mustAsk(Date.now())) {
      this.waited++;
      await client.refresh(context);
      slot = client.takeSlot(Date.now());
    }
    client.begin(context, Date.now());
    client.finish(context, FINISHED, Date.now());
    if (!slot) return -1;
    const { id } = client.upstreams[slot.index]!;
    this.used.set(id, (this.used.get(id) ?? 0) + 1);
    return slot.index;
  }

  /** As `request`, and lets the time pass that it may have to wait. Returns the backend's id, or null. */
  async send(isolate = 0): Promise<string | null> {
    let index: number | null = null;
    void this.request(isolate).then((found) => {
      index = found;
    });
    for (let waited = 0; index === null && waited < 5_000; waited += 10)
      await vi.advanceTimersByTimeAsync(waited === 0 ? 0 : 10);
    return this.isolates[isolate]!.upstreams[index ?? -1]?.id ?? null;
  }

  /** Whether all that was left for behind the responses has ended. */
  get isIdle(): boolean {
    return this.#isBusy === 0;
  }

  async #count(work: Promise<unknown>): Promise<void> {
    this.#isBusy++;
    await work;
    this.#isBusy--;
  }

  async #travel(ask: SyncAsk): Promise<SyncReply> {
    await pass(this.#delay());
    if (this.isAway) throw new Error('away');
    const reply = this.#answer(ask);
    const { loses } = this;
    this.loses = null;
    await pass(this.#delay());
    if (loses) throw Object.assign(new Error('the connection was lost'), loses);
    return reply;
  }

  /** As `Pool.sync`. */
  #answer(ask: SyncAsk): SyncReply {
    this.calls.push(ask);
    const { isolate, sequence, revision, want, batch } = ask;
    const { state } = this;
    const now = Date.now();
    if (batch && this.#dedup.accept(isolate, sequence)) {
      state.returnSlots(batch.returned);
      state.takeTurns(batch.tookAlone, now);
      for (const attempt of attemptsOf(batch.runs)) state.record(attempt, now);
      state.charge(batch.charged, now);
    } else if (batch) state.returnSlots(this.#dedup.takeGrant(isolate, sequence));
    const lease = state.lease(want, now);
    if (batch && lease.slots.length > 0) {
      const counts: Record<string, number> = {};
      for (const index of lease.slots) {
        const { id } = state.config.backends[index]!;
        counts[id] = (counts[id] ?? 0) + 1;
      }
      this.#dedup.noteGrant(isolate, sequence, { epoch: lease.epoch, counts });
    }
    const newer = this.#revision > revision ? { pool: state.config } : {};
    const ejected = listEjected(state);
    const update = { revision: this.#revision, routesRevision: this.routesRevision, ejected, ramping: [] };
    return { ...update, ...newer, ...lease, ...this.terms };
  }
}

const pass = async (ms: number) => {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
};
