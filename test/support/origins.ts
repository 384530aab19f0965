/** Backends on loopback: in this process with a handler of the test's own, or as a process that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Origin {
  readonly url: string;
  readonly port: number;
  /** Requests that have arrived. */
  readonly hits: number;
  /** Ends all connections and stops listening. */
  stop(): Promise<void>;
}

/** Answers every request with its own name and what it saw, as JSON. */
export function echo(name: string): http.RequestListener {
  return async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers, rawHeaders } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, method, url, headers, rawHeaders, body }));
  };
}

/** Starts a backend in this process, on a free port unless one is given. */
export async function startOrigin(
  handler: http.RequestListener,
  port = 0,
): Promise<Origin & { readonly server: http.Server }> {
  let hits = 0;
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    hits++;
    handler(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    port: actual,
    server,
    get hits() {
      return hits;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A backend in a process of its own. */
export interface OriginProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** SIGKILL: it closes nothing and says nothing. Resolves when it is gone. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../scripts/sample-backend.ts', import.meta.url));

/** Starts one of the sample backends; give the port of a killed one to bring it back. */
export async function spawnOrigin(name: string, port = 0): Promise<OriginProcess> {
  const child = spawn(process.execPath, [PROGRAM, '--name', name, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const url = line.split(' ').at(-1)!;
  return {
    url,
    port: Number(new URL(url).port),
    child,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** A closed port: one that was just opened and closed. */
export async function deadPort(): Promise<number> {
  const origin = await startOrigin(() => undefined);
  await origin.stop();
  return origin.port;
}
