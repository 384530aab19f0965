/** What a benchmark runs on: backends, raw workerd and the peers, started and stopped together. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/support/build.ts';
import { freePort } from '../../scripts/support/ports.ts';
import { type Peer, startPeers } from './peers.ts';
import { type BenchPorts, startWorkerd } from './workerd.ts';

/** The proxies are pinned to core 0, backends and load to core 1; only Linux can, and only with two cores. */
export const MAY_PIN = availableParallelism() > 1 && process.platform === 'linux';
const onCore = (core: number) => (MAY_PIN ? ['taskset', '-c', String(core)] : []);
/** The command that pins the load generator to its core, or empty. */
export const PIN_LOAD = onCore(1);

export interface Bed {
  readonly ports: BenchPorts;
  readonly backendPorts: readonly number[];
  readonly workerd: ChildProcess;
  readonly peers: readonly Peer[];
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts everything. `inspected`: workerd can be profiled; `more`: names of further Evenkeels; `far`: how many distant isolates. */
export async function makeBed({
  inspected = false,
  withPeers = true,
  more = [] as readonly string[],
  far = 0,
} = {}): Promise<Bed> {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  const token = crypto.randomUUID();
  const free = () => freePort(0);
  const backendPorts = [await free(), await free(), await free()];
  const ports = {
    bare: await free(),
    lean: await free(),
    evenkeel: await free(),
    more: Object.fromEntries(await Promise.all(more.map(async (name) => [name, await free()]))),
    far: await Promise.all(Array.from({ length: far }, free)),
    ...(inspected ? { inspector: await free() } : {}),
  };
  const backend = fork(`${ROOT}/test/bench/backend.ts`, backendPorts.map(String));
  await once(backend, 'message');
  if (MAY_PIN) execFileSync('taskset', ['-acp', '1', String(backend.pid)], { stdio: 'ignore' });
  const workerd = startWorkerd(dir, ports, `http://127.0.0.1:${backendPorts[0]}`, token, onCore(0));
  const peers = !withPeers
    ? []
    : startPeers(dir, { nginx: await free(), haproxy: await free() }, backendPorts, onCore(0));
  return {
    ports,
    backendPorts,
    workerd,
    peers,
    token,
    async stop() {
      const children = [workerd, backend, ...peers.map(({ child }) => child)];
      // Gone before their folder goes, or they would write into it again.
      await Promise.all(children.filter((child) => child.kill()).map((child) => once(child, 'exit')));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
