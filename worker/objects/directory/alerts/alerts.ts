/** Alerts: from what is wrong to messages, and from messages to receivers, in order for each key and again until they arrive. */
import type { AlertConfig, Config } from '../../../config/schema.ts';
import type { AlertReport, AlertTest, Trial } from '../../../protocol/alert-schemas.ts';
import { type Condition, conditionKey } from '../../../protocol/conditions.ts';
import type { AlertHistoryEvent } from '../../../protocol/events.ts';
import { bodyOf, messageOf, SIGNATURE_HEADER, signatureOf, testMessage } from './message.ts';
import { type AlertState, AlertStore, type Waiting } from './store.ts';

/** A receiver that has not answered by now counts as failed. */
export const DEADLINE_MS = 5_000;
/** The pause after the first failed try, doubled with each further one: with the deadline the second try comes within 10 s. */
export const FIRST_PAUSE_MS = 2_000;
/** The longest pause. */
export const LONGEST_PAUSE_MS = 3_600_000;
/** A message is given up when it is older than this. */
export const GIVE_UP_MS = 86_400_000;
/** Tries at once, of all alerts; each alert has one, so that a receiver that hangs holds up only itself. */
export const TRIES_AT_ONCE = 6;
/** While a message that is due waits for a try to end, it is looked at again after this time. */
const BLOCKED_MS = 1_000;

/** What alerts need of the Directory. */
export interface AlertHost {
  config(): Config;
  /** The origin of the admin host, such as `https://lb-admin.example.com`. */
  readonly origin: string;
  /** Signs messages; null: they are not signed. */
  readonly secret: string | null;
  note(events: readonly AlertHistoryEvent[]): void;
  /** Keeps the object alive for work behind the reply. */
  waitUntil(work: Promise<unknown>): void;
  /** Something may be due earlier or later than before. */
  reschedule(): void;
}

type Post = (url: string, init: RequestInit) => Promise<Response>;

/** Stored in SQLite; in memory are only the tries under way. */
export class Alerts {
  readonly #store: AlertStore;
  readonly #host: AlertHost;
  readonly #post: Post;
  /** The alerts with a try under way. */
  readonly #trying = new Set<string>();

  /** `post` sends a request; the global `fetch` is looked up at each try. */
  constructor(sql: SqlStorage, host: AlertHost, post: Post = (url, init) => fetch(url, init)) {
    this.#store = new AlertStore(sql);
    this.#host = host;
    this.#post = post;
  }

  /** Takes all that a source says is wrong now; what it said before and does not say any more is over. */
  note(source: string, conditions: readonly Condition[]): void {
    const now = new Map(conditions.map((condition) => [conditionKey(condition), condition]));
    for (const key of this.#store.keysOf(source)) {
      // A pool that goes on from failing to down has not recovered.
      if (now.has(key) || now.has(key.replace(/^pool-failing\//, 'pool-down/'))) continue;
      this.#store.deleteCondition(key, source);
    }
    for (const [key, condition] of now)
      if (!this.#store.putCondition(key, source, condition))
        console.warn({ message: 'too many conditions; an alert is not sent', key });
    this.evaluate();
  }

  /** Forgets what objects said that `isLeft` says do not exist any more. */
  forgetSources(isLeft: (source: string) => boolean): void {
    for (const source of this.#store.sources()) {
      if (isLeft(source)) continue;
      for (const key of this.#store.keysOf(source)) this.#store.deleteCondition(key, source);
    }
  }

  /** Compares what is wrong with what was sent, and sends what follows. Also after a change of the configuration. */
  evaluate(): void {
    const now = Date.now();
    const alerts = new Map(this.#host.config().alerts.map((alert) => [alert.id, alert]));
    for (const alert of this.#store.alerts()) if (!alerts.has(alert)) this.#store.deleteAlert(alert);
    const conditions = this.#store.conditions();
    const states = new Map(this.#store.states().map((state) => [`${state.alert} ${state.key}`, state]));
    for (const state of states.values()) {
      const alert = alerts.get(state.alert);
      const condition = conditions.get(state.key);
      if (!alert || !condition || !isAbout(alert, condition)) this.#resolve(state, now);
    }
    for (const alert of alerts.values())
      for (const [key, condition] of conditions)
        if (isAbout(alert, condition)) this.#fire(alert, condition, states.get(`${alert.id} ${key}`), now);
    for (const waiting of this.#store.overflow()) this.#giveUp(waiting, 'too many messages waited', now);
    this.#sendDue();
  }

  #fire(alert: AlertConfig, condition: Condition, known: AlertState | undefined, now: number): void {
    if (known && known.phase !== 'held') return;
    // A rollout that was aborted is no state that could last.
    const holdMs = condition.event === 'rollout-aborted' ? 0 : alert.holdMs;
    const fireAt = condition.since + holdMs;
    const phase = fireAt <= now ? 'firing' : 'held';
    const key = conditionKey(condition);
    this.#store.putState({ alert: alert.id, key, phase, fireAt, condition });
    if (phase === 'firing') this.#enqueue(alert.id, condition, null, now);
  }

  #resolve({ alert, key, phase, condition }: AlertState, now: number): void {
    this.#store.deleteState(alert, key);
    if (phase === 'firing') this.#enqueue(alert, condition, now, now);
  }

  #enqueue(alert: string, condition: Condition, resolvedAt: number | null, at: number): void {
    const { origin } = this.#host;
    const id = `${alert}-${crypto.randomUUID()}`;
    this.#store.enqueue(alert, messageOf(id, condition, { at, resolvedAt, origin }));
  }

  /** When `run` has something to do (epoch ms); null: not before the next call. */
  nextAt(): number | null {
    const held = this.#store.states().filter(({ phase }) => phase === 'held');
    const now = Date.now();
    const times = this.#store
      .heads()
      .map(({ alert, nextAt }) => (this.#canTry(alert) ? nextAt : Math.max(nextAt, now + BLOCKED_MS)));
    const all = [...held.map(({ fireAt }) => fireAt), ...times];
    return all.length > 0 ? Math.min(...all) : null;
  }

  /** Fires what has been held long enough, and begins the tries that are due. Does not wait for them. */
  run(): void {
    this.evaluate();
  }

  #canTry = (alert: string): boolean => this.#trying.size < TRIES_AT_ONCE && !this.#trying.has(alert);

  #sendDue(): void {
    const now = Date.now();
    const alerts = new Map(this.#host.config().alerts.map((alert) => [alert.id, alert]));
    for (const head of this.#store.heads()) {
      const alert = alerts.get(head.alert);
      if (!alert || head.nextAt > now || !this.#canTry(head.alert)) continue;
      const waiting = this.#store.waiting(head.id);
      if (!waiting) continue;
      this.#trying.add(waiting.alert);
      // Written before the try: an object that ends meanwhile tries again.
      this.#store.begin(waiting.id, now + DEADLINE_MS + pauseAfter(waiting.tries + 1));
      this.#host.waitUntil(this.#try(alert, waiting));
    }
    this.#host.reschedule();
  }

  async #try(alert: AlertConfig, waiting: Waiting): Promise<void> {
    const trial = await this.#deliver(alert, waiting.message);
    this.#trying.delete(waiting.alert);
    const now = Date.now();
    // The alert may be gone, or the message given up, since the try began.
    if (this.#store.waiting(waiting.id)) this.#conclude({ ...waiting, tries: waiting.tries + 1 }, trial, now);
    this.#sendDue();
  }

  #conclude(waiting: Waiting, trial: Trial, now: number): void {
    const { id, alert, tries, message } = waiting;
    if (trial.delivered) {
      this.#store.finish(id, alert, now, trial);
      this.#note('alert-delivered', waiting, trial, null);
    } else if (now - message.at > GIVE_UP_MS) {
      this.#giveUp(waiting, trial.why, now);
    } else {
      const nextAt = now + pauseAfter(tries);
      this.#store.postpone(id, nextAt, trial);
      this.#note('alert-failed', waiting, trial, nextAt);
    }
  }

  /** A message whose `firing` never arrived must not be resolved either. */
  #giveUp(waiting: Waiting, why: string, now: number): void {
    const { id, alert, message } = waiting;
    const trial = { delivered: false, status: null, ms: 0, why };
    this.#store.finish(id, alert, now, trial);
    this.#note('alert-dropped', waiting, trial, null);
    if (message.state !== 'firing') return;
    const next = this.#store.nextOf(waiting);
    if (next?.message.state === 'resolved')
      this.#store.finish(next.id, alert, now, { ...trial, why: 'its firing was not delivered' });
    if (next) return;
    const state = this.#store.states().find((other) => other.alert === alert && other.key === message.key);
    if (state) this.#store.putState({ ...state, phase: 'lost' });
  }

  /** Sends one message once, whatever waits. Null: there is no such alert. */
  async test(id: string): Promise<AlertTest | null> {
    const alert = this.#host.config().alerts.find((other) => other.id === id);
    if (!alert) return null;
    const message = testMessage(`${id}-${crypto.randomUUID()}`, id, Date.now(), this.#host.origin);
    const trial = await this.#deliver(alert, message);
    const waiting = { id: 0, alert: id, tries: 1, nextAt: 0, message };
    this.#note(trial.delivered ? 'alert-delivered' : 'alert-failed', waiting, trial, null);
    return { message, trial };
  }

  async #deliver({ url, format }: AlertConfig, message: AlertTest['message']): Promise<Trial> {
    const startedAt = Date.now();
    const end = (delivered: boolean, status: number | null, why: string): Trial => ({
      delivered,
      status,
      ms: Math.max(0, Date.now() - startedAt),
      why,
    });
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), DEADLINE_MS);
    try {
      const body = bodyOf(message, format);
      const { secret } = this.#host;
      const response = await this.#post(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Evenkeel',
          ...(secret === null ? {} : { [SIGNATURE_HEADER]: await signatureOf(secret, body) }),
        },
        body,
        // A redirect could lead to an address that the configuration refuses.
        redirect: 'manual',
        signal: late.signal,
      });
      // What the receiver says besides its status is not read.
      await response.body?.cancel();
      return end(response.ok, response.status, `status ${response.status}`);
    } catch {
      const why = late.signal.aborted ? `no answer within ${DEADLINE_MS} ms` : 'it could not be reached';
      return end(false, null, why);
    } finally {
      clearTimeout(timer);
    }
  }

  #note(kind: AlertHistoryEvent['kind'], waiting: Waiting, trial: Trial, nextAt: number | null): void {
    const { alert, tries, message } = waiting;
    const { key, event, state, pool, backend } = message;
    const { status, ms, why } = trial;
    this.#host.note([
      {
        kind,
        at: Date.now(),
        alert,
        message: message.id,
        key,
        event,
        state,
        pool,
        backend,
        try: tries,
        status,
        ms,
        why,
        nextAt,
      },
    ]);
  }

  /** What each alert is about now, and its last deliveries. */
  report(): AlertReport[] {
    const states = this.#store.states();
    return this.#host.config().alerts.map(({ id }) => ({
      id,
      firing: states.filter(({ alert }) => alert === id).map(({ key }) => key),
      ...this.#store.deliveries(id),
    }));
  }
}

const isAbout = ({ on, pools }: AlertConfig, { event, pool }: Condition): boolean =>
  on.includes(event) && (pools.length === 0 || pools.includes(pool));

/** The pause after this many failed tries, in ms. */
export const pauseAfter = (tries: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS);
