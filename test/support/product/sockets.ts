/** WebSockets through the product: a backend that speaks them, and a client under a Host of its own. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import type { Product } from './product.ts';

export interface SocketOrigin {
  readonly url: string;
  /** The backend's ends, in the order of their handshakes. */
  readonly sockets: readonly WebSocket[];
  /** The headers of the handshakes. */
  readonly handshakes: readonly http.IncomingHttpHeaders[];
}

/** Starts a backend that takes the subprotocol `second` where it is offered, and sends back what it gets. */
export async function startSocketOrigin(name: string): Promise<SocketOrigin> {
  const sockets: WebSocket[] = [];
  const handshakes: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((_, response) => response.end(name));
  const acceptor = new WebSocketServer({
    server,
    handleProtocols: (offered) => (offered.has('second') ? 'second' : false),
  });
  acceptor.on('connection', (socket, request) => {
    sockets.push(socket);
    handshakes.push(request.headers);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of acceptor.clients) socket.terminate();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, handshakes };
}

/** Opens a WebSocket to a proxied host; closed when the test is over. Resolves when it is open. */
export async function openSocket(
  product: Product,
  host: string,
  protocols: string[] = [],
): Promise<{ readonly socket: WebSocket; readonly headers: http.IncomingHttpHeaders }> {
  const socket = connect(product, host, protocols);
  const upgraded = once(socket, 'upgrade') as Promise<[http.IncomingMessage]>;
  await once(socket, 'open');
  const [{ headers }] = await upgraded;
  return { socket, headers };
}

/** As `openSocket`, for a handshake that is refused: resolves with the answer. */
export async function refusedSocket(product: Product, host: string): Promise<http.IncomingMessage> {
  const socket = connect(product, host, []);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, http.IncomingMessage];
  response.resume();
  return response;
}

function connect(product: Product, host: string, protocols: string[]): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${product.port}/ws`, protocols, { headers: { host } });
  onTestFinished(() => socket.terminate());
  // A handshake that is refused or given up is also an error to the client; the test looks at the answer.
  socket.on('error', () => undefined);
  return socket;
}
