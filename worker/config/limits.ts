/** How much of each thing one deployment takes. No I/O. */

/** Past a limit a document is refused, with the limit in the message. */
export const LIMITS = {
  pools: 1_000,
  backendsPerPool: 1_000,
  routes: 10_000,
  weight: 1_000,
  tier: 9,
  timeoutMs: 3_600_000,
  maxRetries: 10,
  bodyLimitBytes: 1_048_576,
  maxLease: 1_024,
  shards: 64,
  urlLength: 2_048,
  hashKeyLength: 128,
  /** The whole document as JSON. */
  documentBytes: 4 * 1_048_576,
  /** One pool as JSON: its object keeps it in one row, of which SQLite takes 2 MB. */
  poolBytes: 1_048_576,
  /** Levels of objects and lists in a body; the document has five. */
  bodyDepth: 16,
  /** Problems told of one body; the rest is only counted. */
  problems: 100,
  /** Of a key that is told in a path. */
  keyLength: 100,
  /** Pools named of a circle of them. */
  chainTold: 10,
} as const;
