/** A watcher of the live view: a WebSocket client that keeps what it was sent. */
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { type Json, type Product, TOKEN } from './product.ts';

export interface Watcher {
  readonly socket: WebSocket;
  /** Every JSON message so far, each with the time of its arrival by `performance.now()`. */
  readonly messages: readonly (Json & { readonly arrivedAt: number })[];
  /** What came under one type, all messages' items in one list: `statuses`, `mappings`, `events`. */
  items(type: string, key: string): Json[];
  /** The newest status of a backend, or undefined. */
  backend(pool: string, backend: string): Json | undefined;
  close(): Promise<void>;
}

/** Opens the live view with the token, or with headers of the test's own; closed when the test is over. */
export async function watch(product: Product, headers?: Record<string, string>): Promise<Watcher> {
  const socket = openLive(product, headers ?? { authorization: `Bearer ${TOKEN}` });
  const messages: (Json & { arrivedAt: number })[] = [];
  socket.on('message', (data) => {
    const text = String(data);
    if (text !== 'pong') messages.push({ ...JSON.parse(text), arrivedAt: performance.now() });
  });
  await once(socket, 'open');
  const items = (type: string, key: string): Json[] =>
    messages.filter((message) => message.type === type).flatMap((message) => message[key]);
  const close = async () => {
    if (socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
  onTestFinished(() => socket.terminate());
  return {
    socket,
    messages,
    items,
    backend: (pool, backend) =>
      items('status', 'statuses')
        .findLast((status) => status.pool === pool)
        ?.backends.find((row: Json) => row.id === backend),
    close,
  };
}

/** The bare socket, for those who are to be turned away. */
export const openLive = (product: Product, headers: Record<string, string>): WebSocket =>
  new WebSocket(`ws://127.0.0.1:${product.port}/api/live`, { headers });

/** The HTTP status with which an upgrade is refused. */
export async function refusal(product: Product, headers: Record<string, string>): Promise<number> {
  const socket = openLive(product, headers);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  return response.statusCode;
}
