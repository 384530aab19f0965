/** The limits of a configuration. No I/O. */

/** A document beyond a limit is refused; the message names the limit. */
export const LIMITS = {
  pools: 1_000,
  backendsPerPool: 1_000,
  routes: 10_000,
  alerts: 20,
  weight: 1_000,
  tier: 9,
  timeoutMs: 3_600_000,
  maxRetries: 10,
  bodyLimitBytes: 1_048_576,
  maxLease: 1_024,
  shards: 64,
  urlLength: 2_048,
  /** Conditions of one kind in a route: headers, cookies or query parameters. */
  conditions: 16,
  methods: 32,
  countries: 250,
  /** Pools of one split. */
  splitPools: 16,
  splitWeight: 1_000_000,
  /** Headers that one list of a route sets, adds or removes. */
  headerEdits: 32,
  /** Characters of a name or a value in a condition or a header. */
  nameLength: 256,
  valueLength: 4_096,
  /** The body of a fixed response, in bytes. */
  respondBytes: 16_384,
  /** A route's largest request body: more than any plan of the platform accepts. */
  maxBodyBytes: 1_099_511_627_776,
  hashKeyLength: 128,
  /** Characters of the body that a health check expects. */
  checkBodyLength: 1_024,
  /** The whole document as JSON. */
  documentBytes: 8 * 1_048_576,
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
