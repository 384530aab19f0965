/** The Worker's entry: admin hosts serve the API and the dashboard, all others are proxied; the log's queue is consumed here. */
import { api } from './api/index.ts';
import { adminHosts, type Env } from './env.ts';
import { archive } from './log/archive.ts';
import { loadedConfig, refresh } from './proxy/pool-client/isolate.ts';
import { proxy } from './proxy/proxy.ts';
import { readTarget } from './proxy/routing/target.ts';

export { Directory } from './objects/directory/directory.ts';
export { Pool } from './objects/pool/pool.ts';

/** Serves an admin host. The isolate that made a change adopts it at once, the others within `PROPAGATION_MS`. */
async function administer(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const response = await api.fetch(request, env, ctx);
  if (changedRevision(request, response) > (loadedConfig()?.snapshot.revision ?? 0)) await refresh(env);
  return response;
}

/** The revision that a change made, from the ETag of its response; 0 for reads, refused changes and other operations. */
function changedRevision({ method }: Request, { ok, headers }: Response): number {
  if (method === 'GET' || method === 'HEAD' || !ok) return 0;
  return Number(headers.get('etag')?.replaceAll('"', '') ?? 0);
}

let hosts: ReadonlySet<string> | null = null;

export default {
  fetch(request, env, ctx) {
    hosts ??= adminHosts(env);
    const target = readTarget(request.url);
    return hosts.has(target.host) ? administer(request, env, ctx) : proxy(request, target, env, ctx);
  },
  queue: archive,
} satisfies ExportedHandler<Env>;
