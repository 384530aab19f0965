/** What a process holds while it works: sampled twice a second, read in tenths of the work. */

/** One look. `at` counts requests done. */
export interface Sample {
  readonly at: number;
  readonly mb: number;
}

const SAMPLE_MS = 500;

/** Samples until the function returned is called; `look` says how far the work is and what is held. */
export function sampleWhile(look: () => Sample): () => Sample[] {
  const samples: Sample[] = [];
  const sampler = setInterval(() => samples.push(look()), SAMPLE_MS);
  return () => {
    clearInterval(sampler);
    return [...samples, look()];
  };
}

/** The last look of each tenth of `requests`, in whole MB; 0 for a tenth without any. */
export function byTenths(samples: readonly Sample[], requests: number): number[] {
  return Array.from({ length: 10 }, (_, i) => {
    const inTenth = samples.filter(({ at }) => at > (i * requests) / 10 && at <= ((i + 1) * requests) / 10);
    return Math.round(inTenth.at(-1)?.mb ?? 0);
  });
}

/** The medians of the first and of the last fifth of the samples after `from` requests. */
export function firstAndLast(samples: readonly Sample[], from: number): readonly [number, number] {
  const after = samples.filter(({ at }) => at >= from);
  const fifth = Math.max(1, Math.floor(after.length / 5));
  const median = (of: readonly Sample[]) =>
    of.map(({ mb }) => mb).toSorted((a, b) => a - b)[of.length >> 1] ?? 0;
  return [median(after.slice(0, fifth)), median(after.slice(-fifth))];
}
