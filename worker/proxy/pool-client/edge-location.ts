/** Where this isolate runs. Read from its first request, because an isolate does not move and `request.cf` is not free. */

export interface EdgeLocation {
  /** Two letters, such as EU. */
  readonly continent: string | undefined;
  /** The data centre's code, such as FRA; null where the platform does not say. */
  readonly colo: string | null;
}

const UNKNOWN: EdgeLocation = { continent: undefined, colo: null };
let known: EdgeLocation | null = null;

/** Stores what the platform says of the first request. */
export function setEdgeLocation(request: Request): void {
  if (known) return;
  const { continent, colo } = (request.cf ?? {}) as { continent?: string; colo?: string };
  known = { continent, colo: colo ?? null };
}

/** Where this isolate runs. */
export const edgeLocation = (): EdgeLocation => known ?? UNKNOWN;
