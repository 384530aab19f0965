/** What is wrong somewhere, as objects report it to the Directory's alerts. No I/O. */
import type { alertEvents } from '../config/schema.ts';

/** What an alert can be about. */
type AlertEvent = (typeof alertEvents)[number];

/**
 * One thing that is wrong, as the object that sees it reports it. A Pool object always reports all that is wrong in its
 * shard: what it does not name any more is over.
 */
export interface Condition {
  readonly event: AlertEvent;
  /** Of a rollout the one that was to get more traffic. */
  readonly pool: string;
  /** Only of `backend-out`. */
  readonly backend: string | null;
  /** Only of `rollout-aborted`. */
  readonly route?: string;
  /** Epoch ms. */
  readonly since: number;
  readonly cause: string;
  readonly figures: Readonly<Record<string, number | null>>;
}

/** Identifies what an alert is about: `pool-down/shop`, `backend-out/shop/a`, `rollout-aborted/shop-beta`. */
export const conditionKey = ({ event, pool, backend, route }: Condition): string =>
  [event, ...(route === undefined ? [pool, backend] : [route])].filter((part) => part !== null).join('/');
