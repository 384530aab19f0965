/** The Directory's alarm serves several tasks, each of which says when it wants to run next. */
import { Alarm, type AlarmStorage } from '../../lib/alarm.ts';

/** A task that threw runs again after this time. */
export const FAILED_AGAIN_MS = 30_000;

/** One thing that happens at a time of its own. */
export interface AlarmTask {
  readonly name: string;
  /** When it has something to do (epoch ms); null: nothing. */
  nextAt(): number | null;
  /** Does what is due. */
  run(): Promise<void> | void;
}

/** The alarm is always set for the task that is due first. */
export class SharedAlarm {
  readonly #alarm: Alarm;
  readonly #tasks: readonly AlarmTask[];
  /** Tasks that threw, and until when they are left alone. */
  readonly #failed = new Map<string, number>();

  constructor(storage: AlarmStorage, tasks: readonly AlarmTask[]) {
    this.#tasks = tasks;
    this.#alarm = new Alarm(storage, () => tasks.map((task) => this.#nextAt(task)));
  }

  /** Sets the alarm; call it whenever a task may be due earlier or later than before. */
  set(): Promise<void> {
    return this.#alarm.update();
  }

  /** Runs the tasks that are due, and sets the alarm again. A task that throws does not keep the others from running. */
  async run(): Promise<void> {
    this.#alarm.onDue();
    for (const task of this.#tasks) {
      const at = this.#nextAt(task);
      if (at === null || at > Date.now()) continue;
      this.#failed.delete(task.name);
      try {
        await task.run();
      } catch (error) {
        this.#failed.set(task.name, Date.now() + FAILED_AGAIN_MS);
        console.error({ message: 'a task of the alarm failed', task: task.name, detail: String(error) });
      }
    }
    await this.set();
  }

  #nextAt(task: AlarmTask): number | null {
    const at = task.nextAt();
    return at === null ? null : Math.max(at, this.#failed.get(task.name) ?? 0);
  }
}
