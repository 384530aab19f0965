/** Clients: at a fixed rate, one after the other, and such as break their uploads off. */
import http from 'node:http';
import net from 'node:net';
import { ACTOR_HEADER, UPLOAD_PATH } from './actors.ts';

/** Where requests go. */
export interface Target {
  readonly port: number;
  readonly host: string;
}

/** One request and what became of it. */
export interface Shot {
  /** By `performance.now()`. */
  readonly sentAt: number;
  readonly ms: number;
  /** 0: the connection broke, or no answer came within a minute and a half. */
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The backend that answered; empty when none did. */
  readonly backend: string;
  /** Which of the clients of a closed loop it was. */
  readonly client: number;
}

export interface ShotOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly client?: number;
}

/** Longer than any balancer here may take. */
const PATIENCE_MS = 90_000;
/** Workerd closes a connection that was idle for 3 s; a request sent on it in that moment would hear nothing. */
const IDLE_MS = 2_000;
const agent = new http.Agent({ keepAlive: true, timeout: IDLE_MS });

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends one request and takes in the answer. Never throws. */
export function shoot(
  { port, host }: Target,
  { method = 'GET', path = '/', headers = {}, client = 0 }: ShotOptions = {},
): Promise<Shot> {
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const finish = (status: number, answered: http.IncomingHttpHeaders = {}) => {
      clearTimeout(timer);
      const backend = String(answered[ACTOR_HEADER] ?? '');
      resolve({ sentAt, ms: performance.now() - sentAt, status, headers: answered, backend, client });
    };
    const request = http.request(
      { host: '127.0.0.1', port, path, method, agent, headers: { host, ...headers } },
      (response) => {
        response.on('end', () => finish(response.statusCode!, response.headers));
        response.on('error', () => finish(0));
        response.resume();
      },
    );
    const timer = setTimeout(() => request.destroy(new Error('no answer')), PATIENCE_MS);
    request.on('error', () => finish(0));
    request.end(method === 'GET' ? undefined : 'x=1');
  });
}

/** Sends `perSecond` for `seconds`, whatever becomes of those before; resolves when all have ended. */
export async function openLoop(
  target: Target,
  {
    perSecond,
    seconds,
    path = '/',
    ...options
  }: Omit<ShotOptions, 'path'> & {
    readonly perSecond: number;
    readonly seconds: number;
    /** The same for all, or by the number of the request. */
    readonly path?: string | ((n: number) => string);
  },
): Promise<Shot[]> {
  const pathOf = typeof path === 'string' ? () => path : path;
  const shots: Promise<Shot>[] = [];
  const startedAt = performance.now();
  const total = Math.round(perSecond * seconds);
  while (shots.length < total) {
    const dueMs = (shots.length * 1_000) / perSecond - (performance.now() - startedAt);
    if (dueMs > 0) await wait(dueMs);
    shots.push(shoot(target, { ...options, path: pathOf(shots.length) }));
  }
  return Promise.all(shots);
}

/** Clients that send one request after the other, for so long or so many in all, with a pause after each. */
export async function closedLoop(
  target: Target,
  {
    clients,
    seconds = Number.POSITIVE_INFINITY,
    count = Number.POSITIVE_INFINITY,
    pauseMs = 0,
    ...options
  }: ShotOptions & {
    readonly clients: number;
    readonly seconds?: number;
    readonly count?: number;
    readonly pauseMs?: number;
  },
): Promise<Shot[]> {
  const end = performance.now() + seconds * 1_000;
  const shots: Shot[] = [];
  let sent = 0;
  const work = async (client: number) => {
    while (sent < count && performance.now() < end) {
      sent++;
      shots.push(await shoot(target, { ...options, client }));
      if (pauseMs > 0) await wait(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  return shots;
}

export interface BrokenUpload {
  /** Content-Length, or chunks without one. */
  readonly length: number | 'chunked';
  /** Bytes that go out before the client leaves. */
  readonly sent: number;
  /** How the client leaves. */
  readonly by: 'FIN' | 'RST';
  readonly requestId?: string;
}

/** What a client may take to leave after its last byte: that byte has reached the balancer by then. */
const LEAVES_AFTER_MS = 60;

/** Begins an upload and leaves in the middle; resolves when the connection is closed. */
export async function breakOff({ port, host }: Target, upload: BrokenUpload): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const chunked = upload.length === 'chunked';
  const lines = [
    `POST ${UPLOAD_PATH} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/octet-stream',
    ...(upload.requestId ? [`X-Request-Id: ${upload.requestId}`] : []),
    chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${upload.length}`,
    '',
    '',
  ];
  const piece = 'e'.repeat(upload.sent);
  socket.write(
    lines.join('\r\n') + (chunked && piece ? `${upload.sent.toString(16)}\r\n${piece}\r\n` : piece),
  );
  await wait(LEAVES_AFTER_MS);
  if (upload.by === 'FIN') socket.destroy();
  else socket.resetAndDestroy();
  await closed;
}

/** A request fails for its client when it gets no answer, or one from 500 up. */
export const isFailing = ({ status }: Shot): boolean => status === 0 || status >= 500;
