/** What happens when: a binary heap of events by time; of two at one time, the one entered first. No I/O. */

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: (at: number) => void;
}

export class EventQueue {
  readonly #heap: Entry[] = [];
  #entered = 0;

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
  runUntil(end: number): void {
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      next.run(next.at);
    }
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
