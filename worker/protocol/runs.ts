/** Outcomes of attempts as runs: what an isolate reports of thousands of successes is a few numbers. No I/O. */

/** One attempt: backend id, code, ms to the response headers, flags. */
export type AttemptRecord = readonly [
  backend: string,
  code: number,
  ms: number,
  flags: number,
  /** Only of failures and probes: the request that an event names. */
  requestId?: string,
  /** Only of failures: the `Retry-After` of the response, in ms. */
  retryAfterMs?: number,
];
/** Codes below 0 are attempts without a response; any other code is the status of the response. */
export const CODE = { 'connect-failure': -1, timeout: -2, 'client-closed': -3, stalled: -4 } as const;
/** `out`: the isolate knew the backend to be ejected when the attempt began; `probe`: this was its probe. */
export const FLAG = { first: 1, upgrade: 2, out: 4, probe: 8 } as const;

/**
 * Attempts in a row at one backend with the same code and flags. `times` are pairs: ms to the response headers, and how many
 * attempts took so long. A failure or a probe, of which an event may name the request, is a run of its own.
 */
export type Run = readonly [
  code: number,
  flags: number,
  times: readonly number[],
  requestId?: string,
  retryAfterMs?: number,
];

/** The runs of one backend, in their order. */
export type BackendRuns = readonly [backend: string, runs: readonly Run[]];

/** Different times that one run tells apart; the next one begins another. */
export const TIMES_IN_RUN = 256;

interface OpenRun {
  readonly code: number;
  readonly flags: number;
  readonly times: Map<number, number>;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** Collects attempts. */
export class Runs {
  #byBackend = new Map<string, OpenRun[]>();
  #runs = 0;

  /** Adds an attempt. */
  add([backend, code, ms, flags, requestId, retryAfterMs]: AttemptRecord): void {
    let runs = this.#byBackend.get(backend);
    if (!runs) {
      runs = [];
      this.#byBackend.set(backend, runs);
    }
    const last = runs.at(-1);
    if (last && goesOn(last, code, flags, requestId)) {
      last.times.set(ms, (last.times.get(ms) ?? 0) + 1);
      return;
    }
    runs.push({ code, flags, times: new Map([[ms, 1]]), requestId, retryAfterMs });
    this.#runs++;
  }

  /** Drops runs past `limit`, first the oldest of the backend that has most. Returns the number of their attempts. */
  trim(limit: number): number {
    let dropped = 0;
    for (; this.#runs > limit; this.#runs--) {
      const longest = [...this.#byBackend.values()].reduce((a, b) => (b.length > a.length ? b : a));
      dropped += countOf(listTimes(longest.shift()!));
    }
    return dropped;
  }

  /** Takes all runs. */
  take(): BackendRuns[] {
    const taken = [...this.#byBackend].map(([backend, runs]): BackendRuns => [backend, runs.map(closed)]);
    this.#byBackend = new Map();
    this.#runs = 0;
    return taken;
  }
}

const goesOn = (run: OpenRun, code: number, flags: number, requestId: string | undefined): boolean =>
  run.code === code &&
  run.flags === flags &&
  run.requestId === undefined &&
  requestId === undefined &&
  run.times.size < TIMES_IN_RUN;

const listTimes = ({ times }: OpenRun): number[] => [...times].flat();

function closed(run: OpenRun): Run {
  const { code, flags, requestId, retryAfterMs } = run;
  const times = listTimes(run);
  if (requestId === undefined) return [code, flags, times];
  return retryAfterMs === undefined
    ? [code, flags, times, requestId]
    : [code, flags, times, requestId, retryAfterMs];
}

function countOf(times: readonly number[]): number {
  let count = 0;
  for (let i = 1; i < times.length; i += 2) count += times[i]!;
  return count;
}

/** The number of attempts in these runs. */
export const countAttempts = (runs: readonly BackendRuns[]): number =>
  runs.reduce((sum, [, own]) => own.reduce((n, [, , times]) => n + countOf(times), sum), 0);

/** The single attempts of runs, by backend and in their order. */
export function* attemptsOf(runs: readonly BackendRuns[]): Generator<AttemptRecord> {
  for (const [backend, own] of runs)
    for (const [code, flags, times, requestId, retryAfterMs] of own)
      for (let i = 0; i < times.length; i += 2)
        for (let n = times[i + 1]!; n > 0; n--)
          yield [backend, code, times[i]!, flags, requestId, retryAfterMs] as unknown as AttemptRecord;
}
