/** The backends of the soak, in a process of their own: each on a port of the command line, each failing when the soak asks it to. */
import http from 'node:http';
import type { Socket } from 'node:net';

/** What a backend does to its requests; null: it answers them. */
export type SoakFault = 'die' | '503' | 'reset' | 'hang' | null;
export interface SoakOrder {
  readonly backend: number;
  readonly fault: SoakFault;
}

const BODY = Buffer.from('an answer of forty characters or so, ok\n');

function start(port: number): (fault: SoakFault) => void {
  const sockets = new Set<Socket>();
  let fault: SoakFault = null;
  const server = http.createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    response.on('error', () => undefined);
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.resetAndDestroy();
    response.writeHead(fault === '503' ? 503 : 200, { 'content-length': BODY.length }).end(BODY);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = () => server.listen(port, '127.0.0.1');
  listen();
  return (next) => {
    if (next === 'die') server.close();
    // Those that hang are let go, as a restart would do.
    if (next === 'die' || fault === 'hang') for (const socket of sockets) socket.resetAndDestroy();
    if (fault === 'die' && next !== 'die') listen();
    fault = next;
  };
}

const backends = process.argv.slice(2).map((port) => start(Number(port)));
process.on('message', ({ backend, fault }: SoakOrder) => backends[backend]?.(fault));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
