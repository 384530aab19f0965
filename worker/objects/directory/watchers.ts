/** The dashboards' WebSockets, which hibernate: who is let in, what is sent to all, and who is let go. */

/** Watchers at once; one more is turned away. */
const WATCHERS = 200;
/**
 * A watcher that was not heard for so long, or was sent so much meanwhile, is let go: it may be dead, or slower than
 * what comes. The runtime does not tell how much waits to go out; but who sends «ping», and the next one only after its
 * «pong», has received everything sent before that pong.
 */
export const SILENT_MS = 120_000;
export const UNHEARD_LENGTH = 16 * 1_048_576;
const LET_GO = {
  code: 4408,
  reason: 'too slow or too silent: send «ping» now and then, and wait for «pong»',
};
const SIGNED_OUT = { code: 4401, reason: 'signed out, or the session has ended' };

/** What is kept with a watcher's socket while it hibernates. */
interface Attachment extends Watch {
  readonly since: number;
}

/** The sockets themselves are the runtime's: it keeps them when the object is evicted. */
export class Watchers {
  readonly #ctx: DurableObjectState;
  /** When each watcher was last heard, and how much it was sent since. */
  readonly #sent = new WeakMap<WebSocket, { heardAt: number; length: number }>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // Answered by the runtime: a ping does not wake the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Whether somebody watches. */
  get present(): boolean {
    return this.#ctx.getWebSockets().length > 0;
  }

  /** Takes a watcher in and sends it `greeting`: a 101, or a 503 when there are too many. */
  accept(watch: Watch, greeting: string): Response {
    if (this.#ctx.getWebSockets().length >= WATCHERS) return new Response(null, { status: 503 });
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment({ since: Date.now(), ...watch } satisfies Attachment);
    server.send(greeting);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Closes what was opened by this session, or by any (null): signing out ends what was begun with it. */
  letGo(session: string | null): void {
    for (const socket of this.#ctx.getWebSockets()) {
      const { by } = attachmentOf(socket);
      if (by !== null && (session === null || by === session))
        socket.close(SIGNED_OUT.code, SIGNED_OUT.reason);
    }
  }

  /** Sends a message to everybody; whose session is over, or who does not keep up, is let go instead. */
  broadcast(message: string): void {
    for (const socket of this.#ctx.getWebSockets()) {
      try {
        if (Date.now() >= attachmentOf(socket).until) socket.close(SIGNED_OUT.code, SIGNED_OUT.reason);
        else if (this.#keepsUp(socket, message.length)) socket.send(message);
        else socket.close(LET_GO.code, LET_GO.reason);
      } catch {
        // It has gone meanwhile; the runtime forgets it.
      }
    }
  }

  #keepsUp(socket: WebSocket, length: number): boolean {
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

/** By what right somebody watches. */
export interface Watch {
  /** The session's id; null for the token and for Cloudflare Access. */
  readonly by: string | null;
  /** Until when, epoch ms. */
  readonly until: number;
}

const BY = 'x-evenkeel-by';
const UNTIL = 'x-evenkeel-until';

/** Sets both headers, whatever the client sent under these names. */
export function writeWatch(headers: Headers, { by, until }: Watch): void {
  headers.set(BY, by ?? '');
  headers.set(UNTIL, String(until));
}

/** Reads what `writeWatch` wrote. */
export const readWatch = (headers: Headers): Watch => ({
  by: headers.get(BY) || null,
  until: Number(headers.get(UNTIL)),
});
