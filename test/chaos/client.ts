/** One request of one client, whatever becomes of it: nothing here throws. */
import http from 'node:http';
import WebSocket from 'ws';
import type { End } from './request-log.ts';

/** How it ended, with what of the answer arrived. */
export interface Ending {
  readonly end: Exclude<End, 'wrong'>;
  readonly status: number | null;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly note?: string;
}

export interface Ask {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: http.OutgoingHttpHeaders;
  /** Pieces of the body; more than one go out one by one, chunked unless a length is declared. */
  readonly body?: readonly Buffer[];
  /** On a connection of its own. */
  readonly alone?: boolean;
}

/** Nobody waits longer than this: no answer by then is an answer of its own. */
const PATIENCE_MS = 15_000;
/** Workerd closes a connection that was idle for 3 s; who sends a POST on it in that very moment can only guess what became of it. */
const IDLE_MS = 2_000;
const agent = new http.Agent({ keepAlive: true, maxSockets: 256, timeout: IDLE_MS });
const NOTHING = { status: null, headers: {}, text: '' } as const;

/** A server may close a connection that is not used; a client that asks on it in that moment hears nothing. */
export const closeIdle = (): void => agent.destroy();

/** Sends it and takes in the whole answer. */
export function ask({ port, host, path, method, headers, body = [], alone = false }: Ask): Promise<Ending> {
  return new Promise((resolve) => {
    const request = http.request({
      ...{ host: '127.0.0.1', port, path, method, agent: alone ? false : agent, maxHeaderSize: 2_000_000 },
      headers: { host, ...headers },
    });
    const timer = setTimeout(() => {
      finish({ ...NOTHING, end: 'silence' });
      request.destroy();
    }, PATIENCE_MS);
    const finish = (ending: Ending) => {
      clearTimeout(timer);
      resolve(ending);
    };
    request.on('error', (error) => finish({ ...NOTHING, end: 'no answer', note: error.message }));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      const taken = (end: Ending['end'], note?: string) =>
        finish({
          end,
          status: response.statusCode!,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
          ...(note === undefined ? {} : { note }),
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => taken('cut', error.message));
      response.on('end', () => taken(response.complete ? 'whole' : 'cut'));
    });
    if (body.length <= 1) request.end(body[0]);
    else void sendPieces(request, body);
  });
}

async function sendPieces(request: http.ClientRequest, body: readonly Buffer[]): Promise<void> {
  for (const piece of body) {
    if (request.destroyed) return;
    request.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  request.end();
}

/** Opens a WebSocket, has `messages` echoed one by one, closes it with `code` and waits for the same code to come back. */
export function converse(
  { port, host, path, headers }: Omit<Ask, 'method' | 'body'>,
  messages: readonly string[],
  code: number,
): Promise<Ending> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      headers: { host, ...headers } as Record<string, string>,
    });
    let opened: http.IncomingHttpHeaders | null = null;
    const heard: string[] = [];
    const finish = (end: Ending['end'], note?: string) => {
      clearTimeout(timer);
      const status = opened ? 101 : null;
      resolve({
        end,
        status,
        headers: opened ?? {},
        text: heard.join(),
        ...(note === undefined ? {} : { note }),
      });
    };
    const timer = setTimeout(() => {
      finish('silence');
      socket.terminate();
    }, PATIENCE_MS);
    socket.on('upgrade', (response) => {
      opened = response.headers;
    });
    socket.on('unexpected-response', (request, response) => {
      response.resume();
      clearTimeout(timer);
      resolve({ end: 'whole', status: response.statusCode!, headers: response.headers, text: '' });
      request.destroy();
    });
    socket.on('error', (error) => finish(opened ? 'cut' : 'no answer', error.message));
    socket.on('open', () => socket.send(messages[0]!));
    socket.on('message', (data) => {
      heard.push(String(data));
      const next = messages[heard.length];
      if (next === undefined) socket.close(code);
      else setTimeout(() => socket.readyState === WebSocket.OPEN && socket.send(next), 40);
    });
    socket.on('close', (got) => finish(got === code ? 'whole' : 'cut', `closed with ${got}`));
  });
}
