/** Calls to objects: with a deadline, retried once where that is safe, a few at a time. */

/** Returns the call's result, or null when it failed or did not answer within `ms`. */
export async function withDeadline<T>(call: () => Promise<T>, ms: number): Promise<T | null> {
  let timer: number | null = null;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([call(), late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Calls a second time when the first error says that this is safe (`retryable`) and the object is not `overloaded`.
 * `call` must make a new stub each time: a stub that failed once keeps failing.
 */
async function retryOnce<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
    if (!retryable || overloaded) throw error;
  }
  return call();
}

/**
 * Calls an object: with a deadline of `ms`, and a second time where that is safe. Null: it failed, or did not answer in time.
 * `call` must make a new stub each time.
 */
export const callObject = <T>(call: () => Promise<T>, ms: number): Promise<T | null> =>
  withDeadline(() => retryOnce(call), ms);

/** A Worker waits for the headers of at most six connections at once; a seventh call would queue. */
export const CALLS_AT_ONCE = 6;

/** Runs `work` for every item, `limit` at a time; `work` must not throw. */
export async function forEachLimit<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
