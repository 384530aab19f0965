/** Where this isolate runs: read from its first request, for an isolate does not move and `request.cf` is not free. */

export interface Place {
  /** Two letters, such as EU. */
  readonly continent: string | undefined;
  /** The data centre's code, such as FRA; null where the platform does not tell. */
  readonly colo: string | null;
}

const UNKNOWN: Place = { continent: undefined, colo: null };
let known: Place | null = null;

/** Notes what the platform says of the first request. */
export function notePlace(request: Request): void {
  if (known) return;
  const { continent, colo } = (request.cf ?? {}) as { continent?: string; colo?: string };
  known = { continent, colo: colo ?? null };
}

/** Where this isolate runs. */
export const place = (): Place => known ?? UNKNOWN;
