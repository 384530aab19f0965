/** A client on one connection, as fast as Node can: bytes out, status and attempts of each answer in. */
import net from 'node:net';

/** `status` 0: the connection broke before the answer was whole. */
export type OnAnswer = (status: number, attempts: string) => void;

const END_OF_HEAD = '\r\n\r\n';

/** Sends what `next` gives, one after the other, until it gives null. Resolves then. */
export function runConnection(port: number, next: () => string | null, onAnswer: OnAnswer): Promise<void> {
  return new Promise((resolve) => {
    const connect = () => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      let heard = '';
      let isWaiting = false;
      const send = () => {
        const bytes = next();
        if (bytes === null) {
          socket.destroy();
          return resolve();
        }
        isWaiting = true;
        socket.write(bytes, 'latin1');
      };
      socket.setEncoding('latin1');
      socket.on('connect', send);
      socket.on('data', (text) => {
        heard += text;
        const head = heard.indexOf(END_OF_HEAD);
        if (head < 0) return;
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(heard.slice(0, head))?.[1] ?? 0);
        if (heard.length < head + END_OF_HEAD.length + length) return;
        const attempts = /\r\nx-backend-attempts: ([^\r]*)/i.exec(heard.slice(0, head))?.[1] ?? '';
        const status = Number(heard.slice(9, 12));
        heard = '';
        isWaiting = false;
        onAnswer(status, attempts);
        send();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!isWaiting) return;
        onAnswer(0, '');
        connect();
      });
    };
    connect();
  });
}
