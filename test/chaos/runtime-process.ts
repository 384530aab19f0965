/** Starts the runtime as a process group that SIGKILL ends whole; its storage stays. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RuntimeOptions } from '../../scripts/support/runtime.ts';

const PROGRAM = fileURLToPath(new URL('./runtime-child.ts', import.meta.url));

export interface RuntimeProcess {
  readonly port: number;
  evict(className: 'Directory' | 'Pool', name: string): Promise<void>;
  /** Resident memory of workerd in MB. */
  residentMb(): number;
  /** SIGKILL to all of it. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts it; resolves when it serves. */
export async function startRuntimeProcess(options: RuntimeOptions): Promise<RuntimeProcess> {
  // Its log tells every failure that is made here on purpose; CHAOS_LOG=1 lets it be read.
  const output = process.env.CHAOS_LOG ? 'inherit' : 'ignore';
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  const started = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  const { url } = started[0] as { url?: string };
  if (url === undefined) throw new Error('the runtime did not start');
  let calls = 0;
  const workerd = workerdOf(child);
  return {
    port: Number(new URL(url).port),
    async evict(className, name) {
      if (!child.connected) return;
      const id = ++calls;
      const answered = new Promise<void>((resolve) => {
        const hear = (message: { id: number }) => {
          if (message.id !== id) return;
          child.off('message', hear);
          resolve();
        };
        child.on('message', hear);
        child.once('exit', () => resolve());
      });
      child.send({ id, className, name });
      await answered;
    },
    residentMb: () => residentMb(workerd),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      process.kill(-child.pid!, 'SIGKILL');
      await gone;
    },
  };
}

/** The workerd that a process has started. */
function workerdOf(child: ChildProcess): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const [name, parent] = statusOf(Number(pid));
    if (name === 'workerd' && parent === child.pid) return Number(pid);
  }
  throw new Error('no workerd found');
}

function statusOf(pid: number): [name: string, parent: number] {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return [/^Name:\s+(\S+)/m.exec(text)?.[1] ?? '', Number(/^PPid:\s+(\d+)/m.exec(text)?.[1])];
  } catch {
    return ['', 0];
  }
}

/** Resident memory of a process in MB; 0 when it is gone. */
export function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}
