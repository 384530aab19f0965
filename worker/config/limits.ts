/** The limits of a configuration. No I/O. */

/** A document beyond a limit is refused; the message names the limit. */
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
  /** One pool as JSON: its object stores it in one row, and a row of SQLite holds 2 MB. */
  poolBytes: 1_048_576,
  /** Nested objects and lists in a body; the document has five levels. */
  bodyDepth: 16,
  /** Problems reported for one body. */
  problems: 100,
  /** Characters of a key that a path shows. */
  keyLength: 100,
  /** Pools that the message about a circle of fallbacks names. */
  chainShown: 10,
} as const;
