/** The built Worker in workerd on 127.0.0.1, as production would run it, by Miniflare. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler';
import { ROOT } from './build.ts';

export interface RuntimeOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** The folder that keeps the objects' storage. */
  readonly state: string;
  /** Settings that come on top of wrangler.jsonc. */
  readonly vars: Readonly<Record<string, string>>;
  /** The Worker's module; default the build's. */
  readonly script?: string;
  /** A module around the build, which it imports by its path below the project. Tests make the objects fail with it. */
  readonly wrapper?: string;
  /** Where the Worker's log lines go; default standard error. A function gets them one by one. */
  readonly logs?: 'stderr' | 'ignore' | ((line: string) => void);
  /** Further Workers, by binding name: each a module's source. Tests put backends in. */
  readonly services?: Readonly<Record<string, string>>;
  /** Buckets to bind that wrangler.jsonc does not. */
  readonly buckets?: readonly string[];
  /** Leaves out the bindings of wrangler.jsonc that a deployment may do without. */
  readonly bare?: boolean;
  /** Whom Cloudflare Access is said to have let through, on every request. */
  readonly access?: { readonly aud: string; readonly identity?: Record<string, unknown> };
}

export interface Runtime {
  readonly url: string;
  /** Removes an object from memory, as the platform does at will; its storage and hibernating WebSockets stay. */
  evict(className: 'Directory' | 'Pool', name: string): Promise<void>;
  /** What a bucket holds, by key. */
  bucket(name: string): Promise<Map<string, string>>;
  stop(): Promise<void>;
}

/** The settings of `.dev.vars`, or of another file like it; none when there is no such file. */
export function readDevVars(path = `${ROOT}/.dev.vars`): Record<string, string> {
  return existsSync(path) ? (parseEnv(readFileSync(path, 'utf8')) as Record<string, string>) : {};
}

/** Starts it; resolves when it serves. Throws when the port is taken. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const built = `${ROOT}/dist/evenkeel/wrangler.json`;
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions({
    ...unstable_readConfig({ config: built }),
    // Secrets come by `vars` alone: wrangler would look for them beside the source, and say so on standard output.
    secrets: undefined,
    userConfigPath: built,
  });
  const services = Object.entries(options.services ?? {});
  const { logs = 'stderr' } = options;
  const paths = [...(options.wrapper ? [options.wrapper] : []), options.script ?? main!];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: options.port,
      // The real cf object would be fetched from Cloudflare.
      cf: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: options.state,
      telemetry: { enabled: false },
      handleStructuredLogs: ({ message }: { message: string }) => {
        if (logs === 'stderr') process.stderr.write(`${message}\n`);
        else if (logs !== 'ignore') logs(message);
      },
      workers: [
        {
          ...(workerOptions as object),
          name: 'evenkeel',
          modules: paths.map((path) => ({ type: 'ESModule', path })),
          modulesRoot: options.wrapper ? ROOT : dirname(paths[0]!),
          bindings: { ...(workerOptions as { bindings?: object }).bindings, ...options.vars },
          ...(options.buckets ? { r2Buckets: options.buckets } : {}),
          serviceBindings: Object.fromEntries(services.map(([name]) => [name, name.toLowerCase()])),
          ...(options.bare ? { queueProducers: {}, queueConsumers: {} } : {}),
          ...(options.access ? { access: options.access } : {}),
        },
        ...services.map(([name, script]) => ({
          name: name.toLowerCase(),
          modules: true,
          script,
          compatibilityDate: '2026-10-12',
        })),
      ],
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  );
  const url = await miniflare.ready;
  return {
    url: url.origin,
    evict: (className, name) => miniflare.unsafeEvictDurableObject('evenkeel', className, { name }),
    async bucket(name) {
      const bucket = await miniflare.getR2Bucket(name, 'evenkeel');
      const { objects } = await bucket.list();
      const texts = objects.map(async ({ key }) => [key, await (await bucket.get(key))!.text()] as const);
      return new Map(await Promise.all(texts));
    },
    stop: () => miniflare.dispose(),
  };
}
