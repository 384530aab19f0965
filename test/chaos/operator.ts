/** The operator of a run: changes pool `main` while traffic runs, one change at a time, and puts it right again. */
import { isDeepStrictEqual } from 'node:util';
import { type Json, send } from '../support/product/product.ts';
import type { Random } from '../support/random.ts';
import type { Operation } from './schedule.ts';

export class Operator {
  readonly #port: () => number;
  readonly #token: string;
  readonly #random: Random;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(port: () => number, token: string, random: Random) {
    this.#port = port;
    this.#token = token;
    this.#random = random;
  }

  /** Calls the API; throws unless it succeeds. */
  async call(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await send(this.#port(), 'localhost', `/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.headers['content-type']?.includes('json') ? JSON.parse(answer.text) : answer.text;
  }

  /** Runs `work` when no other of this operator's works is under way. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Carries an operation out. Returns what puts it right. */
  async operate(what: Operation, backend: string): Promise<() => Promise<unknown>> {
    const path = `/pools/main/backends/${backend}`;
    const { pool } = await this.call('GET', '/pools/main');
    const old = pool.backends.find(({ id }: Json) => id === backend);
    switch (what) {
      case 'weight':
        await this.call('PATCH', path, { weight: this.#random.int(1, 9) });
        return () => this.call('PATCH', path, { weight: old.weight });
      case 'drain':
        await this.call('PATCH', path, { state: 'draining' });
        return () => this.call('PATCH', path, { state: 'active' });
      case 'remove':
        await this.call('DELETE', path);
        return () => this.call('PUT', path, old);
      case 'replace': {
        const backends = this.#random.shuffle(pool.backends);
        await this.call('PUT', '/pools/main', {
          ...pool,
          backends,
          maxLease: this.#random.pick([1, 16, 64]),
        });
        return async () => undefined;
      }
      case 'sharding':
        await this.call('PUT', '/pools/main', { ...pool, sharding: this.#random.pick([2, 3, 'region']) });
        return async () => {
          const now = (await this.call('GET', '/pools/main')).pool;
          await this.call('PUT', '/pools/main', { ...now, sharding: 'none' });
        };
    }
  }

  /**
   * Changes one backend's timeout again and again until `kill` has taken the runtime away. Returns a check that, once it is
   * back, says what of the answered changes is missing; null when nothing is.
   */
  async changeUntilKilled(kill: () => Promise<void>): Promise<() => Promise<string | null>> {
    const before = await this.call('GET', '/config');
    // A backend that is there: another operation may have one removed just now.
    const { id } = mainPool(before).backends[0];
    const path = `/pools/main/backends/${id}`;
    let answered = { revision: before.revision as number, timeoutMs: 0 };
    let asked = 0;
    const killed = kill();
    try {
      for (;;) {
        asked++;
        const { revision } = await this.call('PATCH', path, { timeoutMs: 10_000 + asked });
        answered = { revision, timeoutMs: 10_000 + asked };
      }
    } catch {
      await killed;
    }
    return async () => {
      const now = await this.call('GET', '/config');
      const there = backendOf(now, id);
      if (!there) return `backend ${id} is gone`;
      const { timeoutMs } = there;
      if (now.revision < answered.revision)
        return `revision ${answered.revision} was answered, ${now.revision} is there`;
      if (answered.timeoutMs > 0 && timeoutMs < answered.timeoutMs)
        return `timeoutMs ${answered.timeoutMs} was answered, ${timeoutMs} is there`;
      there.timeoutMs = null;
      backendOf(before, id)!.timeoutMs = null;
      await this.call('PATCH', path, { timeoutMs: null });
      return isDeepStrictEqual(now.config, before.config)
        ? null
        : 'the rest of the configuration has changed';
    };
  }
}

const mainPool = (document: Json): Json => document.config.pools.find((pool: Json) => pool.id === 'main');
const backendOf = (document: Json, id: string): Json | undefined =>
  mainPool(document).backends.find((backend: Json) => backend.id === id);
