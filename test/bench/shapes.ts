/** The kinds of load that rows are measured with. */

export interface Shape {
  readonly path: string;
  /** The length of each request's body; 0: a GET. */
  readonly uploadBytes: number;
  readonly connections: number;
}

const CONNECTIONS = 32;

/** Small GETs, which every row is measured with. */
export const SMALL: Shape = { path: '/some/path?q=1', uploadBytes: 0, connections: CONNECTIONS };

/** How long the backend's answer to `/large` is. */
export const LARGE_BYTES = 1_048_576;

/** Others, for the bare Worker, the lean one and Evenkeel with its defaults. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  upload256k: { ...SMALL, uploadBytes: 262_144 },
  // Fewer, or what is under way would fill the memory of both cores' caches many times over.
  upload10m: { ...SMALL, uploadBytes: 10_485_760, connections: 8 },
  download1m: { ...SMALL, path: '/large' },
  connections4: { ...SMALL, connections: 4 },
  connections256: { ...SMALL, connections: 256 },
};
