/** What an isolate has noted of a pool and not yet brought to its object. No I/O. */
import type { Change } from '../../balance/ejection.ts';
import type { Outcome } from '../../balance/types.ts';
import { dropOldest } from '../../lib/bounded.ts';
import { PAUSE_MS } from '../../lib/timing.ts';
import type { Batch, Mapping, MappingBatch } from '../../protocol/messages.ts';
import { CODE, countAttempts, FLAG, Runs } from '../../protocol/runs.ts';
import { addFinished, type Bytes, type FinishedRequest, ReceivedCells } from '../../stats/received.ts';
import { AffinityClients } from './affinity-clients.ts';

/**
 * Runs of attempts, and mappings, kept while the object is away, and as many entries in a batch that it has not taken; then the
 * oldest go, and the attempts are counted.
 */
export const CAPACITY = 1_024;
/** As many for all pools together whose objects are away, each its part: an isolate has 128 MB for everything. */
export const CAPACITY_IN_ALL = 65_536;
/** Requests that make a batch full, unless one has just gone: a call costs the path as much as 2 requests, whatever is in it. */
export const BATCH = 64;
/** Requests that make it full all the same. */
export const LARGEST_BATCH = 256;

/** What an isolate has seen of one attempt. */
export interface SeenAttempt {
  readonly backend: string;
  readonly outcome: Outcome;
  /** It counts against the backend. */
  readonly failed: boolean;
  /** The balancer's choice, and no retry. */
  readonly isFirst: boolean;
  readonly isUpgrade: boolean;
  /** Whether the backend was known to be ejected when the attempt began, and whether this was its probe. */
  readonly sentAs: 'in' | 'out' | 'probe';
  /** What a failed answer's `Retry-After` asked for, in ms; 0: nothing. */
  readonly retryAfterMs: number;
  /** What the attempt changed in the isolate's own verdict. */
  readonly change: Change;
  /** What an event may name: the request id of a failure or a probe, else null. */
  readonly example: string | null;
}

/** The end of one request. */
export interface Finished extends FinishedRequest {
  readonly route: string | null;
  readonly bytes: Bytes;
  /** Its record, if the object takes it. */
  readonly mapping: Mapping | null;
}

/** What a batch brings, but for the turns of the sequence. */
export type Noted = Omit<Batch, 'charged' | 'returned' | 'tookAlone'>;

/** Collects the entries of the next batch. */
export class Outbox {
  readonly clients = new AffinityClients();
  /** What the clients of finished requests received. */
  readonly #received = new ReceivedCells();
  readonly #runs = new Runs();
  #requests = 0;
  #mappings: Mapping[] = [];
  #probes: [backend: string, requestId: string][] = [];
  #news = 0;
  #mirrored = 0;
  #dropped = 0;
  /** When the batch began (epoch ms); 0: it is empty. */
  #startedAt = 0;
  /** When the last one was taken. */
  #takenAt = 0;

  /** Adds an attempt. `now` is epoch ms. Returns whether the object has to know at once: it failed or changed a verdict. */
  addAttempt(seen: SeenAttempt, now: number): boolean {
    const { backend, outcome, failed, isFirst, isUpgrade, sentAs, retryAfterMs, change, example } = seen;
    const { ms } = outcome;
    const code = outcome.kind === 'response' ? outcome.status! : CODE[outcome.kind];
    const knew = sentAs === 'in' ? 0 : sentAs === 'out' ? FLAG.out : FLAG.probe;
    const flags = (isFirst ? FLAG.first : 0) | (isUpgrade ? FLAG.upgrade : 0) | knew;
    if (example === null) this.#runs.add([backend, code, ms, flags]);
    else if (retryAfterMs === 0) this.#runs.add([backend, code, ms, flags, example]);
    else this.#runs.add([backend, code, ms, flags, example, retryAfterMs]);
    const isNews = failed || change !== 'none';
    if (isNews) this.#news++;
    this.#startedAt ||= now;
    return isNews;
  }

  /** Adds a finished request: what its client received, and its record if the object takes it. */
  addFinished(finished: Finished, now: number): void {
    addFinished(this.#received.of(finished.route, finished.backend), finished, finished.bytes);
    if (finished.mapping) this.#mappings.push(finished.mapping);
    this.#requests++;
    this.#startedAt ||= now;
  }

  /** Adds a copy of a mirrored request. */
  addMirrored(now: number): void {
    this.#mirrored++;
    this.#startedAt ||= now;
  }

  /** Adds a probe that is on its way. */
  addProbe(backend: string, requestId: string, now: number): void {
    this.#probes.push([backend, requestId]);
    this.#startedAt ||= now;
  }

  /** Since when entries wait, epoch ms; 0: there are none. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Whether there are entries that the object should know at once. */
  get hasNews(): boolean {
    return this.#news + this.#probes.length > 0;
  }

  /** Whether so many requests have finished that the batch should go now. */
  isFull(now: number): boolean {
    const requests = this.#requests;
    return requests >= BATCH && (requests >= LARGEST_BATCH || now - this.#takenAt >= PAUSE_MS);
  }

  /** Takes all entries, and the number of news among them. */
  take(now: number): { noted: Noted; news: number } {
    const [mappings, probes, news, dropped] = [this.#mappings, this.#probes, this.#news, this.#dropped];
    const noted = {
      runs: this.#runs.take(),
      received: this.#received.take(),
      mappings: batchOf(mappings.filter((mapping) => !isNotable(mapping))),
      notable: batchOf(mappings.filter(isNotable)),
      probes,
      clients: this.clients.take(),
      mirrored: this.#mirrored,
      dropped,
    };
    [this.#mappings, this.#probes] = [[], []];
    [this.#requests, this.#news, this.#mirrored, this.#dropped] = [0, 0, 0, 0];
    [this.#startedAt, this.#takenAt] = [0, now];
    return { noted, news };
  }

  /** Drops the oldest entries past `capacity`; the attempts are counted. */
  trim(capacity: number): void {
    this.#dropped += this.#runs.trim(capacity);
    if (this.#mappings.length > capacity) dropOldest(this.#mappings, capacity);
    if (this.#probes.length > capacity) dropOldest(this.#probes, capacity);
  }

  /** Counts a batch as dropped that the object may never have seen. */
  drop({ runs, clients, dropped }: Noted): void {
    this.#dropped += countAttempts(runs) + dropped;
    this.clients.requeue(clients);
  }
}

/** The entries of a batch, as its memory is limited. */
export const entriesOf = ({ runs, mappings, notable }: Noted): number =>
  runs.reduce((sum, [, own]) => sum + own.length, mappings.count + (notable?.count ?? 0));

const batchOf = (mappings: readonly Mapping[]): MappingBatch => ({
  count: mappings.length,
  json: JSON.stringify(mappings),
});

/** Whether every such request is recorded, and kept longer than others: it failed, was retried, or its client left. */
export const isNotable = ({ backend, status, attempts }: FinishedRequest): boolean =>
  status >= 500 || backend === null || attempts.length !== 1 || attempts[0]!.outcome !== 'ok';
