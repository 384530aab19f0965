/** Calls to many objects, a few at a time. */

/** Workers wait for the headers of at most six connections at once; the seventh would queue. */
const AT_ONCE = 6;

/** Runs `work` for every item, six at once; `work` must not throw. */
export async function sixAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
