/** The built Worker on a socket of workerd's own on 127.0.0.1; Miniflare brings it its objects, queue, buckets and files. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { getCACertificates } from 'node:tls';
import { parseEnv } from 'node:util';
import { CoreHeaders, convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
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
  /** Takes the client that a request's headers name by `from`. Without it no header of a client is believed. */
  readonly believesClients?: boolean;
}

/** What Cloudflare says of a client: its address, its scheme and where it is, as in `request.cf`. */
export interface Client {
  readonly ip: string;
  /** Default http. */
  readonly scheme?: 'https';
  readonly continent?: string;
  readonly country?: string;
  readonly colo?: string;
}

const CLIENT_HEADER = 'evenkeel-client';

/** The header by which a request comes from another client than it does, where the runtime `believesClients`. */
export const from = (client: Client): Record<string, string> => ({ [CLIENT_HEADER]: JSON.stringify(client) });

export interface Runtime {
  readonly url: string;
  /** Removes an object from memory, as the platform does at will; its storage and hibernating WebSockets stay. */
  evict(className: 'Directory' | 'Pool', name: string): Promise<void>;
  /** What a bucket of `buckets` holds, by key. */
  bucket(name: string): Promise<Map<string, string>>;
  stop(): Promise<void>;
}

/** The settings of `.dev.vars`, or of another file like it; none when there is no such file. */
export function readDevVars(path = `${ROOT}/.dev.vars`): Record<string, string> {
  return existsSync(path) ? (parseEnv(readFileSync(path, 'utf8')) as Record<string, string>) : {};
}

/** The entrypoints in local-entry.js. */
const ENTRYPOINT = 'Local';
const BUCKETS = 'Buckets';

/**
 * By this header Miniflare's sockets let any client choose `request.cf`. Without its name they take no such header, and
 * put the peer's address into `request.cf` instead.
 */
Object.assign(CoreHeaders, { CF_BLOB: undefined });

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
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      // Of the entry Worker, which only `evict` uses.
      port: 0,
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
          modules: modulesOf(options, main!),
          modulesRoot: ROOT,
          // Not by Miniflare's entry Worker: that one encodes and holds back answers, and believes clients.
          unsafeDirectSockets: [
            { host: '127.0.0.1', port: options.port, entrypoint: ENTRYPOINT },
            ...(options.buckets ? [{ host: '127.0.0.1', port: 0, entrypoint: BUCKETS }] : []),
          ],
          bindings: { ...(workerOptions as { bindings?: object }).bindings, ...options.vars },
          ...(options.buckets ? { r2Buckets: options.buckets } : {}),
          serviceBindings: {
            ...Object.fromEntries(services.map(([name]) => [name, name.toLowerCase()])),
            LOCAL_NETWORK: {
              network: {
                allow: ['public', 'private'],
                // The authorities of NODE_EXTRA_CA_CERTS too.
                tlsOptions: { trustBrowserCas: true, trustedCertificates: getCACertificates('extra') },
              },
            },
          },
          ...(options.bare ? { queueProducers: {}, queueConsumers: {} } : {}),
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
  const url = await miniflare.unsafeGetDirectURL('evenkeel', ENTRYPOINT);
  return {
    url: url.origin,
    evict: (className, name) => miniflare.unsafeEvictDurableObject('evenkeel', className, { name }),
    async bucket(name) {
      // Miniflare's own way blocks this thread, which also reads workerd's log: with much to log, workerd waits for it.
      const socket = await miniflare.unsafeGetDirectURL('evenkeel', BUCKETS);
      const answer = await fetch(new URL(name, socket));
      return new Map((await answer.json()) as [key: string, text: string][]);
    },
    stop: () => miniflare.dispose(),
  };
}

/** The Worker's modules by their paths: the entry first, then what it imports. */
function modulesOf({ wrapper, script, access, believesClients }: RuntimeOptions, main: string) {
  const build = `${ROOT}/dist/evenkeel/index.js`;
  const entry = `${ROOT}/scripts/support/local-entry.js`;
  const clientHeader = believesClients ? CLIENT_HEADER : null;
  const options = `export const { access, clientHeader } = ${JSON.stringify({ access, clientHeader })};`;
  const inner = JSON.stringify(`../../${relative(ROOT, wrapper ?? build)}`);
  const module = (path: string, contents = readFileSync(path, 'utf8')) => ({
    type: 'ESModule',
    path,
    contents,
  });
  return [
    module(entry),
    module(join(dirname(entry), 'options.js'), options),
    module(join(dirname(entry), 'worker.js'), `export * from ${inner};\nexport { default } from ${inner};`),
    ...(wrapper ? [module(wrapper)] : []),
    module(build, readFileSync(script ?? main, 'utf8')),
  ];
}
