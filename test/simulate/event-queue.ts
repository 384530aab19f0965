/** What happens when: a binary heap of events by time; of two at one time, the one entered first. It has the time, too. */

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: (at: number) => void;
}

export class EventQueue {
  readonly #heap: Entry[] = [];
  #entered = 0;
  #isSettled = true;
  /** The simulated time, in ms. */
  now: number;

  constructor(now: number) {
    this.now = now;
  }

  /** While `run` is under way the program's clock and timers are those of the simulation. */
  async governTime<T>(run: () => Promise<T>): Promise<T> {
    const real = { now: Date.now, setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    const cleared = new Set<number>();
    Date.now = () => this.now;
    globalThis.setTimeout = ((act: (...given: unknown[]) => void, ms: number, ...given: unknown[]) => {
      const timer = this.#entered;
      this.add(this.now + ms, () => {
        if (!cleared.delete(timer)) act(...given);
        this.unsettle();
      });
      return timer;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((timer: number) => void cleared.add(timer)) as unknown as typeof clearTimeout;
    try {
      return await run();
    } finally {
      Date.now = real.now;
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    }
  }

  /** Says that promises have to be settled before the next event. */
  unsettle(): void {
    this.#isSettled = false;
  }

  /** Enters an event; `at` in ms. */
  add(at: number, run: (at: number) => void): void {
    const heap = this.#heap;
    const entry = { at, order: this.#entered++, run };
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Runs all events up to `end`, those that they enter included. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.now = next.at;
      next.run(next.at);
      if (this.#isSettled) continue;
      this.#isSettled = true;
      await settle();
    }
    this.now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Lets all promises go on that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
