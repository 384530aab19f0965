/** A sample backend: says who it is, and has a path for each thing a proxy must get right. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const { values } = parseArgs({
  options: { name: { type: 'string', default: 'a' }, port: { type: 'string', default: '0' } },
});
const name = values.name;

const PATHS: Record<
  string,
  (request: http.IncomingMessage, response: http.ServerResponse, url: URL) => void
> = {
  '/slow': (_, response, url) => {
    setTimeout(
      () => text(response, 200, `${name} took its time\n`),
      Math.min(Number(url.searchParams.get('ms') ?? 3_000), 60_000),
    );
  },
  '/error': (_, response, url) =>
    text(response, Number(url.searchParams.get('status') ?? 500), `${name} answers an error\n`),
  '/sse': (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    let n = 0;
    const timer = setInterval(() => response.write(`id: ${++n}\ndata: ${name} ${n}\n\n`), 500);
    request.on('close', () => clearInterval(timer));
  },
  '/echo': (request, response) => {
    response.setHeader('content-type', request.headers['content-type'] ?? 'application/octet-stream');
    request.pipe(response);
  },
};

function text(response: http.ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://backend');
  const handler = PATHS[url.pathname];
  if (handler) handler(request, response, url);
  else text(response, 200, `backend ${name} (pid ${process.pid}): ${request.method} ${request.url}\n`);
});

const sockets = new WebSocketServer({ server, path: '/ws' });
sockets.on('connection', (socket) => {
  socket.send(`hello from ${name}`);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

server.on('error', (error) => {
  console.error(`backend ${name}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(
    `backend ${name} (pid ${process.pid}) http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
// Started by a parent with a channel: gone when it is gone.
process.on('disconnect', () => process.exit(0));
