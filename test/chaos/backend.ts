/** A backend that serves every kind of traffic, and does to its requests what the current fault says. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Arrival } from './request-log.ts';
import type { Fault, PoolName } from './schedule.ts';

/** What `stall` waits in mid-body; longer than the pools' timeouts, for a stream that has begun is never cut by them. */
const STALL_MS = 2_000;
const TRICKLE_MS = 60;
const TRICKLES = 12;
/** More than any HTTP client takes; workerd refuses it. */
const HUGE = 1_000_000;
export const EVENTS = 8;
const EVENT_MS = 120;

export interface Backend {
  readonly url: string;
  fault: Fault | null;
  /** Dies: every connection is reset, and the port is closed. */
  die(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** Hears of each request as it arrives, and when all of its body is there. */
export interface Hearer {
  arrive(arrival: Arrival): void;
  readonly whole: { add(id: string): unknown };
}

/** Starts it. */
export async function startBackend(pool: PoolName, id: string, hearer: Hearer): Promise<Backend> {
  const sockets = new Set<Socket>();
  const used = new WeakSet<Socket>();
  const webSockets = new WebSocketServer({ noServer: true });
  let server: http.Server;
  let port = 0;
  let count = 0;

  const arrive = (request: http.IncomingMessage) => {
    const requestId = String(request.headers['x-request-id']);
    hearer.arrive({ id: requestId, pool, backend: id, fault: backend.fault, at: performance.now() });
    return requestId;
  };

  const serve = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const requestId = arrive(request);
    const fault = backend.fault === 'alternates' ? (++count % 2 === 1 ? '503' : null) : backend.fault;
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (fault && misbehave(fault, request.socket, used.has(request.socket))) return;
    used.add(request.socket);
    if (fault && /^\d/.test(fault)) {
      request.resume();
      response.writeHead(Number(fault), { 'content-type': 'text/plain' }).end(`error of ${id}\n`);
      return;
    }
    request.on('end', () => request.complete && hearer.whole.add(requestId));
    void answer(request, response, id, requestId, fault);
  };

  const upgrade = (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    arrive(request);
    socket.on('error', () => undefined);
    const { fault } = backend;
    if (fault && misbehave(fault, socket as Socket, false)) return;
    if (fault && /^\d/.test(fault)) {
      socket.end(`HTTP/1.1 ${fault} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (peer) => echo(peer, fault, socket as Socket));
  };

  const listen = async () => {
    server = http.createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, serve);
    server.on('upgrade', upgrade);
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };

  const stop = async () => {
    const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : null;
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };

  const backend: Backend = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    fault: null,
    die: stop,
    comeBack: listen,
    stop,
  };
  await listen();
  return backend;
}

/** Does to the connection what no server should. Returns false when the request is to be answered after all. */
function misbehave(fault: Fault, socket: Socket, isUsed: boolean): boolean {
  switch (fault) {
    case 'hang':
      return true;
    case 'reset':
      socket.resetAndDestroy();
      return true;
    case 'garbage':
      socket.end(Buffer.from('\u0001\u0002 this is not HTTP \u00ff\r\n\r\n\r\n', 'latin1'));
      return true;
    case 'huge headers':
      socket.end(`HTTP/1.1 200 OK\r\nX-Huge: ${'a'.repeat(HUGE)}\r\nContent-Length: 0\r\n\r\n`);
      return true;
    case 'close idle':
      // A connection that was kept alive turns out to be closed just when it is used again.
      if (isUsed) socket.destroy();
      return isUsed;
    default:
      return false;
  }
}

/** The right answer: who answered, which request it was, and the hash of the body; or a stream of events. */
async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  id: string,
  requestId: string,
  fault: Fault | null,
): Promise<void> {
  if (request.url?.startsWith('/events')) return sendEvents(request, response, id, fault);
  const hash = createHash('sha256');
  try {
    for await (const chunk of request) hash.update(chunk as Buffer);
  } catch {
    return;
  }
  const body = JSON.stringify({ id, requestId, sha256: hash.digest('hex'), filler: 'evenkeel '.repeat(100) });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  const half = body.length >> 1;
  if (fault === 'cut') {
    response.write(body.slice(0, half), () => setTimeout(() => request.socket.resetAndDestroy(), 20));
  } else if (fault === 'stall') {
    response.write(body.slice(0, half));
    setTimeout(() => response.end(body.slice(half)), STALL_MS);
  } else if (fault === 'trickle') {
    const size = Math.ceil(body.length / TRICKLES);
    for (let i = 0; i < TRICKLES; i++) {
      response.write(body.slice(i * size, (i + 1) * size));
      await new Promise((resolve) => setTimeout(resolve, TRICKLE_MS));
    }
    response.end();
  } else response.end(body);
}

async function sendEvents(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  id: string,
  fault: Fault | null,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (let n = 1; n <= EVENTS; n++) {
    if (response.destroyed) return;
    response.write(`id: ${n}\ndata: ${id}\n\n`);
    if (fault === 'cut' && n === EVENTS / 2) return void request.socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, EVENT_MS));
  }
  response.end();
}

/** Gives back what it is sent, and the close code it is given; `cut` breaks off after the first message. */
function echo(peer: WebSocket, fault: Fault | null, socket: Socket): void {
  peer.on('error', () => undefined);
  peer.on('message', (data, isBinary) => {
    if (fault === 'cut') return socket.resetAndDestroy();
    peer.send(data, { binary: isBinary });
  });
}
