/** CPU profiles of a Worker in raw workerd, taken over its inspector (the Chrome DevTools Protocol). */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { Contender } from './contenders.ts';
import type { BenchPorts } from './workerd.ts';

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** What `Profiler.stop` returns; DevTools opens it as a `.cpuprofile`. */
export interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: number[] }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Profiles the service `name` while `load` runs. Sampled twenty times a millisecond. */
async function profileWhile(
  inspectorPort: number,
  name: string,
  load: () => Promise<unknown>,
): Promise<Profile> {
  const socket = new WebSocket(`ws://127.0.0.1:${inspectorPort}/${name}`);
  await once(socket, 'open');
  let calls = 0;
  const call = (method: string, params: object = {}) => {
    const id = ++calls;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise<{ profile: Profile }>((resolve, reject) => {
      socket.on('message', function listen(data) {
        const message = JSON.parse(String(data));
        if (message.id !== id) return;
        socket.off('message', listen);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result);
      });
      socket.once('close', () => reject(new Error('the inspector closed the connection')));
    });
  };
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: 50 });
  await call('Profiler.start');
  await load();
  const { profile } = await call('Profiler.stop');
  socket.terminate();
  return profile;
}

/** One function's part of the time that the Worker was not idle. */
export interface Share {
  readonly function: string;
  readonly line: number;
  /** In the function itself, natives it calls included where they have no frame of their own. */
  readonly selfPercent: number;
  /** With all that it calls. */
  readonly totalPercent: number;
}

/** The functions by time of their own, greatest first. */
function sharesOf(profile: Profile): Share[] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, i) => {
    const nameOf = (node: number) => {
      const { functionName, lineNumber } = byId.get(node)!.callFrame;
      return `${functionName || '(anonymous)'} ${lineNumber + 1}`;
    };
    const ms = profile.timeDeltas[i]! / 1_000;
    const name = nameOf(id);
    if (name.startsWith('(idle)')) return;
    busy += ms;
    self.set(name, (self.get(name) ?? 0) + ms);
    const stack = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.add(nameOf(at));
    for (const caller of stack) total.set(caller, (total.get(caller) ?? 0) + ms);
  });
  const percent = (ms: number) => Number(((100 * ms) / busy).toFixed(1));
  return [...self]
    .map(([name, ms]) => {
      const space = name.lastIndexOf(' ');
      return {
        function: name.slice(0, space),
        line: Number(name.slice(space + 1)),
        selfPercent: percent(ms),
        totalPercent: percent(total.get(name)!),
      };
    })
    .toSorted((a, b) => b.selfPercent - a.selfPercent);
}

/** How many functions are worth a line. */
const LINES = 40;

/** Profiles one contender under `load`, prints where its time goes and writes the profile into `dir` for DevTools. */
export async function printProfile(
  { inspector }: BenchPorts,
  { name, service }: Contender,
  dir: string,
  load: () => Promise<unknown>,
): Promise<void> {
  if (inspector === undefined || service === undefined) return;
  const profile = await profileWhile(inspector, service, load);
  const path = `${dir}/bench-${name}.cpuprofile`;
  writeFileSync(path, JSON.stringify(profile));
  console.log(`${name}: where the time goes; all of it in ${path}`);
  console.table(sharesOf(profile).slice(0, LINES));
}
