/** Backends that fail on cue: they die, hang, answer by a script, and come back on the port that they had. */
import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';

/** What a backend does with a request: it answers with a status, or in detail, or keeps it waiting without a word. */
export type Behaviour = number | 'hang' | Reply;

export interface Reply {
  readonly status: number;
  readonly headers?: http.OutgoingHttpHeaders;
  /** How long the client waits for the headers. */
  readonly afterMs?: number;
}

/** Decides by how many requests came before under this script, and by the request. */
export type Script = (count: number, request: http.IncomingMessage) => Behaviour;

export const well: Script = () => 200;
export const hangs: Script = () => 'hang';

/** These in turn, again and again. */
export const inTurn =
  (...behaviours: readonly Behaviour[]): Script =>
  (count) =>
    behaviours[count % behaviours.length]!;

/** The part of an upload's path by which its backend counts it. */
export const UPLOAD_PATH = '/upload';

export interface Actor {
  readonly id: string;
  readonly port: number;
  readonly url: string;
  /** Requests that have arrived. */
  readonly hits: number;
  /** Uploads that arrived with a proper end. */
  readonly wholeUploads: number;
  /** From now on requests are treated so; those that wait go on waiting. */
  act(script: Script): void;
  /** Resets every connection and stops listening: connections are refused. */
  die(): Promise<void>;
  /** Listens again. */
  comeBack(): Promise<void>;
}

/** A header that names the backend that answered, whatever balancer stands in front. */
export const ACTOR_HEADER = 'x-actor';

/**
 * Below the ports that the system gives to outgoing connections: one of those could take the port of a backend that is down, or
 * connect to itself there.
 */
const PORTS = { first: 15_000, count: 16_000 };
let offset = Math.floor(Math.random() * PORTS.count);

/** Returns a port below the system's own range on which nothing listens. */
export async function lowPort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + (offset++ % PORTS.count);
    const server = http.createServer();
    if (await listens(server, port)) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
}

async function listens(server: http.Server, port: number): Promise<boolean> {
  server.listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => true,
    () => false,
  );
}

/** Starts a backend that is well. */
export async function startActor(id: string): Promise<Actor> {
  const port = await lowPort();
  const sockets = new Set<Socket>();
  let script = well;
  let count = 0;
  let hits = 0;
  let wholeUploads = 0;
  let server: http.Server;

  const serve = (request: http.IncomingMessage, response: http.ServerResponse) => {
    hits++;
    const behaviour = script(count++, request);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => {
      if (request.complete && request.url?.startsWith(UPLOAD_PATH)) wholeUploads++;
      if (behaviour === 'hang') return;
      const reply: Reply = typeof behaviour === 'number' ? { status: behaviour } : behaviour;
      const answer = () =>
        response
          .writeHead(reply.status, { [ACTOR_HEADER]: id, 'content-type': 'text/plain', ...reply.headers })
          .end(id);
      if (reply.afterMs === undefined) answer();
      else setTimeout(answer, reply.afterMs);
    });
    request.resume();
  };
  const comeBack = async () => {
    server = http.createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, serve);
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await comeBack();
  return {
    id,
    port,
    url: `http://127.0.0.1:${port}`,
    get hits() {
      return hits;
    },
    get wholeUploads() {
      return wholeUploads;
    },
    act(next) {
      script = next;
      count = 0;
    },
    async die() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
    comeBack,
  };
}
