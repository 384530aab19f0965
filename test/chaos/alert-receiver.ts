/** A receiver of alerts that is at times down or slow, and what must hold of all that reached it. */

import { type Origin, startOrigin } from '../support/origins.ts';
import type { Json } from '../support/product/product.ts';
import type { Random } from '../support/random.ts';

/** Not longer: the runtime waits for it when it evicts the Directory, and reads no log meanwhile. */
const SLOW_MS = 300;

export class AlertReceiver {
  readonly #random: Random;
  readonly #messages: Json[] = [];
  #origin: Origin | null = null;
  /** While it is false, every fourth message is refused, and some are answered late. */
  isReliable = false;

  constructor(random: Random) {
    this.#random = random;
  }

  async start(): Promise<void> {
    this.#origin = await startOrigin(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      // Heard, whatever it answers: the sender cannot know, and sends it again.
      this.#messages.push(JSON.parse(body));
      const luck = this.isReliable ? 0 : this.#random.int(0, 11);
      if (luck === 11) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      response.writeHead(luck < 8 || luck === 11 ? 200 : 503).end();
    });
  }

  get url(): string {
    return this.#origin!.url;
  }

  async stop(): Promise<void> {
    await this.#origin?.stop();
  }

  /** What is wrong with the order of all that was heard, one line for each key. */
  broken(): string[] {
    const byKey = new Map<string, Json[]>();
    for (const message of this.#messages) {
      const own = byKey.get(message.key) ?? [];
      // A repeated message is one that was sent before: it has the same id.
      if (own.every(({ id }) => id !== message.id)) own.push(message);
      byKey.set(message.key, own);
    }
    return [...byKey].flatMap(([key, own]) => {
      const states = own.map(({ state }) => state);
      const isPaired =
        states.length % 2 === 0 && states.every((state, i) => state === (i % 2 ? 'resolved' : 'firing'));
      return isPaired ? [] : [`every alert has its pair, in order: ${key} ${states.join(' ')}`];
    });
  }
}
