/** A Pool object's last minutes, in steps of the finest level; what is older is in storage. No I/O. */
import { bucketOf } from '../../../stats/latency.ts';
import { mergeReceived, type ReceivedCell } from '../../../stats/received.ts';
import { FINEST_MS, type Figures, figuresOf, type Scope, type Step } from '../../../stats/rollup.ts';

/** Counts what comes in. Every time is epoch ms. */
export class RecentSteps {
  /** Oldest first. */
  #steps: Step[];

  constructor(steps: readonly Step[] = []) {
    this.#steps = [...steps];
  }

  /** Counts an attempt; `ms` is the time to its response headers, null without a response. */
  addAttempt(backend: string, failed: boolean, ms: number | null, now: number): void {
    this.#add(`backend ${backend}`, now, (figures) => {
      figures.attempts++;
      if (failed) figures.failures++;
      if (ms === null) return;
      const bucket = bucketOf(ms);
      figures.latency[bucket] = (figures.latency[bucket] ?? 0) + 1;
    });
  }

  /** Counts what clients received. */
  addReceived([route, backend, received]: ReceivedCell, now: number): void {
    this.#add(backend === null ? null : `backend ${backend}`, now, (figures) =>
      mergeReceived(figures.received, received),
    );
    const own = route === null ? null : figuresOf(this.#stepAt(now), `route ${route}`);
    if (own) mergeReceived(own.received, received);
  }

  /** The steps that end after `after`. */
  since(after: number): Step[] {
    return this.#steps.filter(({ at }) => at + FINEST_MS > after);
  }

  /** Forgets the steps that ended before `before`. */
  forget(before: number): void {
    if ((this.#steps[0]?.at ?? before) + FINEST_MS <= before) this.#steps = this.since(before);
  }

  /** For the pool, and for a scope of it. */
  #add(scope: Scope | null, now: number, count: (figures: Figures) => void): void {
    const step = this.#stepAt(now);
    count(figuresOf(step, 'pool')!);
    const own = scope && figuresOf(step, scope);
    if (own) count(own);
  }

  #stepAt(now: number): Step {
    const at = now - (now % FINEST_MS);
    const last = this.#steps.at(-1);
    // If the clock goes back, the newest step counts on.
    if (last && at <= last.at) return last;
    const step: Step = { at, figures: new Map() };
    this.#steps.push(step);
    return step;
  }
}
