/** Calls to objects that must answer in time, each on a stub of its own: a stub that failed stays broken. */

/** Long enough for an object's cold start a continent away; then go on with what is known. */
const DEADLINE_MS = 2_000;

/** Returns the call's result, or null when it failed or did not answer in time. One more try if the error allows it. */
export async function within<T>(call: () => Promise<T>): Promise<T | null> {
  let timer: number | null = null;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS, null);
  });
  try {
    return await Promise.race([twice(call), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function twice<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
    if (!retryable || overloaded) return null;
  }
  try {
    return await call();
  } catch {
    return null;
  }
}
