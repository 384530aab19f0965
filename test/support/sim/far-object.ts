/** A Pool object at some distance, without its storage: calls and replies take their time, which the test moves. */
import type { PoolConfig } from '../../../worker/config/schema.ts';
import { PoolState } from '../../../worker/objects/pool/state.ts';
import type { LeaseAsk, LeaseReply, Mapping, Report, Returned } from '../../../worker/protocol/messages.ts';
import { askForSlots, takeSlot } from '../../../worker/proxy/pool-client/lease.ts';
import { recordMapping } from '../../../worker/proxy/pool-client/outbox.ts';
import { PoolView } from '../../../worker/proxy/pool-client/pool-view.ts';

type Env = Parameters<typeof takeSlot>[1];
type Context = Parameters<typeof takeSlot>[2];

const DRAIN_TIMES = { windowMs: 60_000, webSocketLifeMs: 60_000 };
const LEASE_MS = 1_000;

/** The object, and isolates that take turns by the product's own code. `delay` gives the ms of one way. */
export class FarObject {
  readonly isolates: readonly PoolView[];
  readonly state: PoolState;
  /** Requests that had to wait for the object. */
  waited = 0;
  readonly #delay: () => number;
  readonly #env: Env;
  readonly #ctx: Context;

  constructor(config: PoolConfig, isolates: number, delay: () => number) {
    this.state = new PoolState(config, null, (weights) => weights.map(() => 0), DRAIN_TIMES);
    this.isolates = Array.from({ length: isolates }, () => new PoolView(config, 1));
    this.#delay = delay;
    const stub = {
      lease: (ask: LeaseAsk) => this.#travel(() => this.#grant(ask)),
      report: ({ revision, returned, tookAlone }: Report, want: number) =>
        this.#travel(() => {
          const { position, weights, slots, epoch, first, ...news } = this.#grant({
            want,
            revision,
            returned,
            tookAlone: tookAlone ?? [],
          });
          return want > 0 ? { ...news, position, weights, slots, epoch, first } : news;
        }),
    };
    this.#env = { POOL: { getByName: () => stub } } as unknown as Env;
    this.#ctx = { waitUntil: () => undefined } as unknown as Context;
  }

  /** One request of an isolate, as `firstPick` has it. Returns the index of its backend. */
  async request(isolate: number): Promise<number> {
    const view = this.isolates[isolate]!;
    let slot = takeSlot(view, this.#env, this.#ctx, Date.now());
    if (!slot) {
      this.waited++;
      await askForSlots(view, this.#env, this.#ctx);
      slot = takeSlot(view, this.#env, this.#ctx, Date.now());
    }
    recordMapping(view, {} as Mapping, Date.now(), this.#env, this.#ctx);
    return slot!.index;
  }

  async #travel<T>(arrive: () => T): Promise<T> {
    await pass(this.#delay());
    const reply = arrive();
    await pass(this.#delay());
    return reply;
  }

  #grant({ want, returned, tookAlone = [] }: LeaseAsk): LeaseReply {
    const { sequence } = this.state;
    for (const batch of returned)
      forEachTurn(batch, (index, count) => sequence.giveBack(batch.epoch, index, count), this.state);
    for (const batch of tookAlone)
      forEachTurn(batch, (index, count) => sequence.takeTurns(batch.epoch, index, count), this.state);
    const first = sequence.taken;
    const { slots, reason } = this.state.lease(want, Date.now());
    const { epoch, weights } = sequence;
    const news = { revision: 1, routesRevision: 0, ejected: [], ramping: [] };
    const position = [...sequence.position];
    return { ...news, epoch, first, slots, position, weights, reason, ttlMs: LEASE_MS };
  }
}

function forEachTurn(
  { counts }: Returned,
  take: (index: number, count: number) => void,
  state: PoolState,
): void {
  for (const [id, count] of Object.entries(counts)) take(state.indexOf(id), count);
}

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
