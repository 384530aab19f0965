/** The one alarm of an object: it is due at the earliest of the times that the object's parts ask for. */

/** The part of an object's storage that keeps its alarm. */
export type AlarmStorage = Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm' | 'deleteAlarm'>;

/** Each `setAlarm` writes a row, so it is only set when its time changes. */
export class Alarm {
  readonly #storage: AlarmStorage;
  readonly #times: () => readonly (number | null)[];
  /** When the stored alarm is due, epoch ms; null: none is; undefined: not known yet. */
  #dueAt: number | null | undefined;
  /** Rows written since the object started. */
  rowsWritten = 0;

  /** `times` returns when each part needs the alarm (epoch ms), null where it needs none. */
  constructor(storage: AlarmStorage, times: () => readonly (number | null)[]) {
    this.#storage = storage;
    this.#times = times;
  }

  /** Call this once at each alarm: the runtime has taken it out of storage. */
  onDue(): void {
    this.#dueAt = null;
  }

  /** Adapts the stored alarm to the times. */
  async update(): Promise<void> {
    if (this.#dueAt === undefined) this.#dueAt = await this.#storage.getAlarm();
    const times = this.#times().filter((at) => at !== null);
    const next = times.length > 0 ? Math.min(...times) : null;
    if (next === this.#dueAt) return;
    this.#dueAt = next;
    this.rowsWritten++;
    await (next === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(next));
  }
}
