/** How much memory the runtime under test takes, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** The pids of the workerd processes that this process has started. */
function runtimes(): string[] {
  const isOurs = (pid: string) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return /^Name:\s+workerd$/m.test(status) && status.includes(`\nPPid:\t${process.pid}\n`);
    } catch {
      // It ended meanwhile.
      return false;
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name));
}

/** The most memory, in bytes, that the one workerd of this process has had at any time. */
export function peakMemory(): number {
  const pids = runtimes();
  if (pids.length !== 1) throw new Error(`expected one workerd, found ${pids.length}`);
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pids[0]}/status`, 'utf8'))![1];
  return Number(kilobytes) * 1_024;
}
