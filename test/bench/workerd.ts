/** Raw workerd with the bare Worker and Evenkeel side by side: no development proxy in between. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../scripts/support/build.ts';
import { bareWorker, leanWorker } from './limits.ts';

/** The path of workerd's binary; the package has no types. */
const workerd = (createRequire(import.meta.url)('workerd') as { default: string }).default;

export interface BenchPorts {
  readonly bare: number;
  /** Served only where a port is given. */
  readonly lean?: number;
  readonly evenkeel: number;
  /** Evenkeels besides it, by name: each in an isolate of its own, as the first is. */
  readonly more: Readonly<Record<string, number>>;
  /** Isolates whose objects are those of `evenkeel`, 100 ms away. */
  readonly far?: readonly number[];
  /** Speaks the Chrome DevTools Protocol; without it there is no inspector, for it costs speed. */
  readonly inspector?: number;
}

/** What the deployment runs under; the bare Worker too. */
interface Settings {
  readonly compatibility_date: string;
  readonly compatibility_flags: readonly string[];
}

const limit = (settings: Settings, name: string) => `const ${name} :Workerd.Worker = (
  modules = [(name = "${name}.js", esModule = embed "${name}.js")],
  compatibilityDate = "${settings.compatibility_date}",
  compatibilityFlags = ${JSON.stringify(settings.compatibility_flags)},
);`;

const evenkeel = (
  settings: Settings,
  name: string,
  token: string,
  secret: string,
) => `const ${name} :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = "${settings.compatibility_date}",
  compatibilityFlags = ${JSON.stringify(settings.compatibility_flags)},
  bindings = [
    (name = "ADMIN_TOKEN", text = "${token}"),
    (name = "AFFINITY_SECRET", text = "${secret}"),
    (name = "ALLOW_PRIVATE_BACKENDS", text = "true"),
    (name = "DIRECTORY", durableObjectNamespace = "Directory"),
    (name = "POOL", durableObjectNamespace = "Pool"),
  ],
  durableObjectNamespaces = [
    (className = "Directory", uniqueKey = "${name}-directory", enableSql = true),
    (className = "Pool", uniqueKey = "${name}-pool", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "storage"),
);`;

const distant = (settings: Settings, name: string) => `const ${name} :Workerd.Worker = (
  modules = [
    (name = "far-objects.js", esModule = embed "far-objects.js"),
    (name = "index.js", esModule = embed "index.js"),
  ],
  compatibilityDate = "${settings.compatibility_date}",
  compatibilityFlags = ${JSON.stringify(settings.compatibility_flags)},
  bindings = [
    (name = "ALLOW_PRIVATE_BACKENDS", text = "true"),
    (name = "DIRECTORY", durableObjectNamespace = (className = "Directory", serviceName = "evenkeel")),
    (name = "POOL", durableObjectNamespace = (className = "Pool", serviceName = "evenkeel")),
  ],
);`;

/** Writes the configuration into `dir` and starts workerd, on core 0 where it can be pinned. */
export function startWorkerd(
  dir: string,
  ports: BenchPorts,
  backend: string,
  token: string,
  pin: readonly string[],
): ChildProcess {
  mkdirSync(join(dir, 'storage'), { recursive: true });
  copyFileSync(`${ROOT}/dist/evenkeel/index.js`, join(dir, 'index.js'));
  copyFileSync(`${ROOT}/test/bench/far-objects.js`, join(dir, 'far-objects.js'));
  writeFileSync(join(dir, 'bare.js'), bareWorker(backend));
  writeFileSync(join(dir, 'lean.js'), leanWorker(backend));
  const settings = JSON.parse(readFileSync(`${ROOT}/dist/evenkeel/wrangler.json`, 'utf8')) as Settings;
  const secret = crypto.randomUUID();
  const evenkeels = { evenkeel: ports.evenkeel, ...ports.more };
  const limits = { bare: ports.bare, ...(ports.lean === undefined ? {} : { lean: ports.lean }) };
  const far = Object.fromEntries((ports.far ?? []).map((port, n) => [`far${n}`, port]));
  const named = (name: string) => `(name = "${name}", worker = .${name})`;
  const socket = (name: string, port: number) =>
    `(name = "${name}", address = "127.0.0.1:${port}", http = (), service = "${name}")`;
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${Object.keys({ ...limits, ...evenkeels, ...far })
      .map(named)
      .join(', ')},
    (name = "storage", disk = (path = "${join(dir, 'storage')}", writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [${Object.entries({ ...limits, ...evenkeels, ...far })
    .map(([name, port]) => socket(name, port))
    .join(', ')}],
);
${Object.keys(limits)
  .map((name) => limit(settings, name))
  .join('\n')}
${Object.keys(evenkeels)
  .map((name) => evenkeel(settings, name, token, secret))
  .join('\n')}
${Object.keys(far)
  .map((name) => distant(settings, name))
  .join('\n')}
`;
  const path = join(dir, 'config.capnp');
  writeFileSync(path, config);
  const inspector = ports.inspector === undefined ? [] : [`--inspector-addr=127.0.0.1:${ports.inspector}`];
  const [program, ...args] = [...pin, workerd, 'serve', '--experimental', ...inspector, path];
  return spawn(program!, args, {
    stdio: ['ignore', 'ignore', process.env.BENCH_LOG ? 'inherit' : 'ignore'],
  });
}
