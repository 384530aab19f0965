/** A pool's object without its storage, and isolates that lease from it by the real calls; for the protocol's properties. */
import { poolSchema } from '../../../worker/config/schema.ts';
import { listEjected } from '../../../worker/objects/pool/probes.ts';
import { PoolState } from '../../../worker/objects/pool/state.ts';
import type { LeaseAsk, LeaseReply, Mapping, Report } from '../../../worker/protocol/messages.ts';
import { askForSlots, takeSlot } from '../../../worker/proxy/pool-client/lease.ts';
import { PoolView } from '../../../worker/proxy/pool-client/pool-view.ts';
import { outboxOf } from '../../../worker/proxy/pool-client/reports.ts';

/** How long a lease holds. */
export const LEASE_MS = 1_000;
const DRAIN_TIMES = { windowMs: 60_000, webSocketLifeMs: 60_000 };
type Env = Parameters<typeof takeSlot>[1];
type Context = Parameters<typeof takeSlot>[2];

/** What of a backend decides about slots. */
export interface Backend {
  readonly id: string;
  readonly weight: number;
  readonly state: 'active' | 'draining' | 'disabled';
}

/** A pool of these backends, with leases of 16 slots at most. */
export const poolOf = (backends: readonly Backend[]) =>
  poolSchema.parse({
    id: 'p',
    maxLease: 16,
    backends: backends.map((backend) => ({ ...backend, url: 'http://backend.test' })),
  });

/** A pool's object without its storage, and isolates that lease from it by the real calls. */
export class LeaseSim {
  readonly state: PoolState;
  readonly isolates: PoolView[];
  readonly used = new Map<string, number>();
  backends: Backend[];
  /** Mappings that each request leaves; reports of them go along with calls for slots. */
  mappings = 0;
  /** Reports that went. */
  rides = 0;
  /** The next call is carried out, but its reply gets lost on the way. */
  losesReply = false;
  #revision = 1;
  readonly env: Env;
  readonly #behind: Promise<unknown>[] = [];

  constructor(backends: Backend[], isolates: number) {
    this.backends = backends;
    const config = poolOf(backends);
    this.state = new PoolState(config, null, (weights) => weights.map(() => 0), DRAIN_TIMES);
    this.isolates = Array.from({ length: isolates }, () => new PoolView(config, this.#revision));
    const stub = {
      report: async ({ revision, returned, charged }: Report, want: number) => {
        this.rides++;
        return this.#grant({ want, revision, returned, charged });
      },
      lease: async (request: LeaseAsk) => {
        const reply = this.#grant(request);
        if (!this.losesReply) return reply;
        this.losesReply = false;
        throw Object.assign(new Error('the connection was lost'), { retryable: true });
      },
    };
    this.env = { POOL: { getByName: () => stub } } as unknown as Env;
  }

  /** Configures; the object knows at once, isolates hear of it with their next call. */
  change(backends: Backend[]): void {
    this.backends = backends;
    this.#revision++;
    this.state.configure(poolOf(backends), Date.now());
  }

  /** One request at an isolate, as select.ts selects for it. Returns the backend's id, or null when no backend may be asked. */
  async request(isolate: number): Promise<string | null> {
    const view = this.isolates[isolate]!;
    const ctx = {
      waitUntil: (promise: Promise<unknown>) => this.#behind.push(promise),
    } as unknown as Context;
    let slot = takeSlot(view, this.env, ctx, Date.now());
    if (!slot) {
      await askForSlots(view, this.env, ctx);
      slot = takeSlot(view, this.env, ctx, Date.now());
    }
    await Promise.all(this.#behind.splice(0));
    for (let n = 0; n < this.mappings; n++) outboxOf(view).mappings.push({} as Mapping);
    if (!slot) return null;
    const id = view.upstreams[slot.index]!.id;
    this.used.set(id, (this.used.get(id) ?? 0) + 1);
    return id;
  }

  /** Slots that isolates hold or have not given back yet. */
  outstanding(): number {
    const returned = (view: PoolView) =>
      view.slots.takeReturned().flatMap(({ counts }) => Object.values(counts));
    const all = (view: PoolView) => view.slots.left + returned(view).reduce((sum, count) => sum + count, 0);
    return this.isolates.reduce((sum, view) => sum + all(view), 0);
  }

  #grant({ want, revision, returned, charged = {} }: LeaseAsk): LeaseReply {
    const { state } = this;
    for (const { epoch, counts } of returned)
      for (const [id, count] of Object.entries(counts)) {
        const index = state.indexOf(id);
        if (index >= 0) state.sequence.giveBack(epoch, index, count);
      }
    state.charge(charged, Date.now());
    const first = state.sequence.taken;
    const { slots, reason } = state.lease(want, Date.now());
    const newer = this.#revision > revision ? { pool: state.config } : {};
    return {
      ...{ revision: this.#revision, routesRevision: 0, ejected: listEjected(state), ramping: [], ...newer },
      ...{ epoch: state.sequence.epoch, first, slots, reason, ttlMs: LEASE_MS },
    };
  }
}
