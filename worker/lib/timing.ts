/**
 * The intervals of the protocol between isolates, Pool objects and the Directory, in ms, and how they depend on each other.
 * A constant that follows from another is computed from it; comments and timing.test.ts hold the other relations. No I/O.
 */

/** The promise: a drain, an ejection or a new route is in force within this time in every isolate that has traffic. */
export const PROPAGATION_MS = 1_000;

// Isolate -> Pool object: how old the slots and the state may be that a request is balanced by.

/** How long leased slots are valid. They were granted under the old configuration: at most the promise. */
export const LEASE_TTL_MS = PROPAGATION_MS;
/**
 * What an isolate knows of a pool, or of the routes, may be this old; then it asks, behind a response unless it is older than
 * the pool's `maxStaleMs`. At most a lease's life.
 */
export const FRESH_MS = LEASE_TTL_MS;
/**
 * A redirect or a fixed response asks no pool, so no reply says that its route is old: after `FRESH_MS` the isolate asks behind
 * the response, after this time before it. As the default of `maxStaleMs`.
 */
export const OWN_ANSWER_STALE_MS = 10_000;
/** While there is traffic, the next slots come this long before those in hand expire: the way of a call to its object. */
export const RENEW_AHEAD_MS = 100;

// Isolate -> Pool object: reports.

/** A batch that does not fill up is sent after this time; a busy object asks for more, up to `LEASE_TTL_MS`. */
export const BATCH_MS = 250;
/** A report not sent by now was abandoned when its request ended. Longer than `BATCH_MS`. */
export const ORPHANED_MS = 1_000;
/** Reports closer together than this wait for each other, unless they are large. */
export const PAUSE_MS = 50;
/**
 * An isolate trusts its own verdict on a backend for this long before the object acknowledges it. Longer than the report's
 * way: `BATCH_MS` and `ISOLATE_DEADLINE_MS`.
 */
export const REPORTED_MS = 3_000;

// Deadlines of calls, and what follows a missed one.

/** The deadline of a call from one object to another. */
export const OBJECT_DEADLINE_MS = 1_000;
/**
 * The deadline of a call from an isolate, long enough for the cold start of an object on another continent. Longer than
 * `OBJECT_DEADLINE_MS`: the object that is called may first wait that long for the Directory.
 */
export const ISOLATE_DEADLINE_MS = 2_000;
/** After a missed deadline the caller goes on alone for this long, doubled with each one in a row up to `AWAY_MAX_MS`. */
export const AWAY_MS = 1_000;
/** The longest back-off. */
export const AWAY_MAX_MS = 8_000;
/** Meanwhile it probes the object behind a response this often. Shorter than `AWAY_MS`, so that a return is noticed early. */
export const KNOCK_MS = 250;

// Probes of ejected backends.

/** The object assigns a probe again if it was not reported as sent by now: an isolate with traffic calls that often. */
export const PROBE_HOLD_MS = FRESH_MS;
/** A probe without a result after this time is lost, whatever the backend's timeout. */
export const PROBE_LOST_MS = 30_000;
/** The same for an isolate that probes on its own because the object is away. */
export const LOCAL_PROBE_LOST_MS = 5_000;
/** An active shard assigns a probe and reports it within this time after the end of an ejection. */
export const STALE_EJECTION_MS = FRESH_MS + PROBE_HOLD_MS;

// Directory -> Pool object: configuration. A push makes a change fast, a pull repairs a lost push.

/** The first retry of a failed push comes after twice this time; the pause doubles with each further one. */
export const PUSH_RETRY_MS = 1_000;
/** A Pool object with traffic pulls its configuration this often, unless an isolate knows of a newer revision. */
export const PULL_MS = 30_000;

// Pool object -> storage and Directory.

/** A Pool object writes its state at most this often: a crash loses no more. */
export const WRITE_MS = 1_000;
/** The pause before undelivered events are sent again. */
export const EVENT_RETRY_MS = 5_000;

// The live view: Pool object -> Directory -> dashboard, each at most this often.

/** From a Pool object to the Directory. */
export const LIVE_PUSH_MS = 1_000;
/** From the Directory to a dashboard. */
export const LIVE_SEND_MS = LIVE_PUSH_MS;
/** The counts of a drain fall with time, without traffic: while it is watched they are fetched this often. */
export const LIVE_DRAIN_MS = 5_000;

// Isolate -> queue of the request log.

/** A message that is not full waits this long for more mappings. */
export const LOG_GATHER_MS = 1_000;
/** A message not sent by now was abandoned when its request ended. */
export const LOG_ORPHANED_MS = 3 * LOG_GATHER_MS;
