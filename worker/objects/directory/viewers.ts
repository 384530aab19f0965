/** The dashboards' WebSockets, which hibernate: accepts them, broadcasts to them and disconnects those that must go. */

/** Sockets at once; any further one gets a 503. */
const VIEWERS = 200;
/**
 * A viewer is disconnected when it has been silent for this long, or was sent this many characters since it last pinged:
 * it may be dead or too slow. The runtime does not report how much is buffered for a socket; but a client sends "ping"
 * and waits for "pong" before the next one, so each ping proves that everything sent before the last pong has arrived.
 */
export const SILENT_MS = 120_000;
export const UNHEARD_LENGTH = 16 * 1_048_576;
const SLOW_CONSUMER = {
  code: 4408,
  reason: 'too slow or silent: send "ping" regularly and wait for "pong"',
};
const SIGNED_OUT = { code: 4401, reason: 'signed out, or the session has ended' };

/** The session under which a dashboard watches. */
export interface Viewer {
  /** Null for the operator's token and for Cloudflare Access, which have no session. */
  readonly sessionId: string | null;
  /** When the connection ends, epoch ms. */
  readonly expiresAt: number;
}

/** What is stored with a socket while it hibernates; `since` is when it was accepted (epoch ms). */
interface Attachment {
  readonly since: number;
  readonly by: Viewer['sessionId'];
  readonly until: Viewer['expiresAt'];
}

/** The runtime keeps the sockets themselves, also while the object is evicted. */
export class Viewers {
  readonly #ctx: DurableObjectState;
  /** The time of each viewer's last ping, and how many characters it was sent since. */
  readonly #sent = new WeakMap<WebSocket, { heardAt: number; length: number }>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // The runtime answers pings itself: they do not wake the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Whether a dashboard is connected. */
  get present(): boolean {
    return this.#ctx.getWebSockets().length > 0;
  }

  /** Accepts a viewer and sends it `greeting`. Returns a 101, or a 503 when there are too many. */
  accept({ sessionId, expiresAt }: Viewer, greeting: string): Response {
    if (this.#ctx.getWebSockets().length >= VIEWERS) return new Response(null, { status: 503 });
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.#ctx.acceptWebSocket(server);
    const attachment: Attachment = { since: Date.now(), by: sessionId, until: expiresAt };
    server.serializeAttachment(attachment);
    server.send(greeting);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Disconnects the viewers of this session, or of every session (null): signing out ends what the session opened. */
  disconnect(sessionId: string | null): void {
    for (const socket of this.#ctx.getWebSockets()) {
      const { by } = attachmentOf(socket);
      if (by !== null && (sessionId === null || by === sessionId))
        socket.close(SIGNED_OUT.code, SIGNED_OUT.reason);
    }
  }

  /** Sends a message to every viewer; one whose session has ended, or that does not keep up, is disconnected instead. */
  broadcast(message: string): void {
    for (const socket of this.#ctx.getWebSockets()) {
      try {
        if (Date.now() >= attachmentOf(socket).until) socket.close(SIGNED_OUT.code, SIGNED_OUT.reason);
        else if (this.#countSent(socket, message.length)) socket.send(message);
        else socket.close(SLOW_CONSUMER.code, SLOW_CONSUMER.reason);
      } catch {
        // The client has gone; the runtime removes the socket.
      }
    }
  }

  /** Counts characters about to be sent. Returns whether the viewer keeps up with them. */
  #countSent(socket: WebSocket, length: number): boolean {
    const heardAt =
      this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? attachmentOf(socket).since;
    const known = this.#sent.get(socket);
    const sent = known?.heardAt === heardAt ? known : { heardAt, length: 0 };
    sent.length += length;
    this.#sent.set(socket, sent);
    return Date.now() - heardAt < SILENT_MS && sent.length < UNHEARD_LENGTH;
  }
}

const attachmentOf = (socket: WebSocket): Attachment => socket.deserializeAttachment() as Attachment;

const SESSION_HEADER = 'x-evenkeel-by';
const EXPIRY_HEADER = 'x-evenkeel-until';

/** Writes a viewer into the headers of the request to the Directory, over whatever the client sent under these names. */
export function writeViewer(headers: Headers, { sessionId, expiresAt }: Viewer): void {
  headers.set(SESSION_HEADER, sessionId ?? '');
  headers.set(EXPIRY_HEADER, String(expiresAt));
}

/** Reads what `writeViewer` wrote. */
export const readViewer = (headers: Headers): Viewer => ({
  sessionId: headers.get(SESSION_HEADER) || null,
  expiresAt: Number(headers.get(EXPIRY_HEADER)),
});
