/** Viewers of the live view, as the Directory's runtime has them. */
import type { Viewers } from '../../../../worker/objects/directory/viewers.ts';

/** The end of a watcher's socket that an object holds; `pongAt`: when the runtime last answered its ping. */
export class Socket {
  readonly messages: string[] = [];
  readonly since = Date.now();
  code: number | null = null;
  pongAt: Date | null = null;
  deserializeAttachment = () => ({ by: null, until: Number.POSITIVE_INFINITY, since: this.since });
  send = (message: string) => void this.messages.push(message);
  close = (code: number) => {
    this.code = code;
  };
}

/** The context of an object with these sockets. */
export const contextOf = (sockets: readonly Socket[]) =>
  ({
    setWebSocketAutoResponse: () => undefined,
    getWebSockets: () => sockets.filter(({ code }) => code === null),
    getWebSocketAutoResponseTimestamp: ({ pongAt }: Socket) => pongAt,
  }) as unknown as ConstructorParameters<typeof Viewers>[0];
