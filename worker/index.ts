/** The Worker's entry: an admin host goes to the API and the dashboard, every other host is proxied; the log's queue ends here. */
import { api } from './api/index.ts';
import { adminHosts, type Env } from './env.ts';
import { archive } from './log/archive.ts';
import { current, refresh } from './proxy/pool-client/isolate.ts';
import { proxy } from './proxy/proxy.ts';
import { readTarget } from './proxy/routing/target.ts';

export { Directory } from './objects/directory/directory.ts';
export { Pool } from './objects/pool/pool.ts';

/** The isolate that made a change follows it at once; the others within a second. */
async function administer(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const response = await api.fetch(request, env, ctx);
  if (changedRevision(request, response) > (current()?.snapshot.revision ?? 0)) await refresh(env);
  return response;
}

/** The revision that a change made, by the ETag of its response; 0 for reads, refusals and all that changes no configuration. */
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
