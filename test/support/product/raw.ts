/** Bytes of the test's own on the wire, where node:http would mend or refuse them: a client and a backend. */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawAnswer {
  readonly status: number;
  /** The header section as it came, without the status line. */
  readonly head: string;
  readonly body: string;
}

/** An answer that is not whole by then will not come. */
const DEADLINE_MS = 10_000;

/** Sends `bytes` to 127.0.0.1 and reads one answer, or as much as comes before the other side closes. */
export function sendRaw(port: number, bytes: string): Promise<RawAnswer> {
  const socket = net.connect(port, '127.0.0.1');
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`no answer to ${bytes}`)));
  let seen = '';
  return new Promise((resolve, reject) => {
    const finish = () => {
      socket.destroy();
      resolve(readAnswer(seen));
    };
    socket.on('data', (chunk) => {
      seen += chunk;
      if (isWhole(seen)) finish();
    });
    socket.on('close', finish);
    socket.on('error', reject);
    socket.write(bytes);
  });
}

function readAnswer(text: string): RawAnswer {
  const [top = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = top.split('\r\n');
  return { status: Number(statusLine.split(' ')[1]), head: lines.join('\r\n'), body: rest.join('\r\n\r\n') };
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const { head, body } = readAnswer(text);
  if (/^transfer-encoding: chunked/im.test(head)) return body.endsWith('0\r\n\r\n');
  return (
    Buffer.byteLength(body) >= Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.POSITIVE_INFINITY)
  );
}

/** How a connection ends: in order, by FIN, or at once, by RST. */
export type Ending = 'FIN' | 'RST';

/** Sends `bytes`, an unfinished request or one not yet answered, and closes when `isTime`. Resolves when it is closed. */
export async function breakOff(
  port: number,
  bytes: string,
  ending: Ending,
  isTime: () => Promise<unknown>,
): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  // Being reset in turn is no error of the test's.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await isTime();
  if (ending === 'RST') socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

/** A request's bytes: the target goes on the wire as it is. */
export const rawRequest = (target: string, host: string, headers: readonly string[] = []): string =>
  [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...headers, '', ''].join('\r\n');

/** Starts a backend that answers every request with `bytes` and closes; stopped when the test is over. */
export async function startRawOrigin(bytes: string): Promise<{ readonly url: string }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
