/** The live view's WebSocket: opens it, detects when it is lost, and reconnects with growing delays. */
import { createAtom, Store } from '@tanstack/react-store';
import { now } from './clock.ts';

/** How often to ping; the Directory drops a viewer that is silent for two minutes. */
const PING_MS = 2_000;
/** After this much silence the connection counts as dead, whatever the browser says. */
const SILENT_MS = 8_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** After this much silence the figures are stale, and the page says so. */
const STALE_MS = 5_000;

/** `live`: the WebSocket is open · `polling`: it is lost, so figures are polled · `connecting`: the first try. */
export type Phase = 'connecting' | 'live' | 'polling';

/** How the figures arrive, and when the last message arrived (epoch ms of this browser; 0: never). */
export interface Connection {
  readonly phase: Phase;
  readonly heardAt: number;
}

/** What the connection reports to its owner. */
export interface Listener {
  /** A JSON message of the live view. */
  message(text: string): void;
  /** The WebSocket has opened; the owner must fetch what it missed. */
  opened(): void;
  /** It did not open, or was lost; the owner may check whether the session has ended. */
  lost(): void;
}

/** One connection for the whole dashboard. */
export class LiveConnection {
  readonly #listener: Listener;
  readonly state = new Store<Connection>({ phase: 'connecting', heardAt: 0 });
  /** When the figures became stale (epoch ms); null while they are current. */
  readonly staleSince = createAtom(() => {
    const { heardAt } = this.state.get();
    return heardAt > 0 && now.get() - heardAt > STALE_MS ? heardAt : null;
  });
  #socket: WebSocket | null = null;
  #openedAt = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #retry = 0;
  #pinger = 0;
  #stopped = true;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Opens it, and keeps it open until `stop`. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#pinger = window.setInterval(() => this.#ping(), PING_MS);
    window.addEventListener('online', this.#now);
    document.addEventListener('visibilitychange', this.#now);
    this.#open();
  }

  /** Closes it for good. */
  stop(): void {
    this.#stopped = true;
    window.clearInterval(this.#pinger);
    window.clearTimeout(this.#retry);
    window.removeEventListener('online', this.#now);
    document.removeEventListener('visibilitychange', this.#now);
    this.#socket?.close();
    this.#socket = null;
    this.#set({ phase: 'connecting', heardAt: 0 });
  }

  /** New figures arrived another way: those on the page are current. */
  heard(): void {
    this.#set({ heardAt: Date.now() });
  }

  #open(): void {
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`;
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#openedAt = Date.now();
    socket.onopen = () => {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#set({ phase: 'live', heardAt: Date.now() });
      this.#listener.opened();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') return;
      // The message first: the connection's state is then drawn together with what the message changes.
      if (data !== 'pong') this.#listener.message(data);
      this.#set({ phase: 'live', heardAt: Date.now() });
    };
    socket.onclose = () => this.#lost(socket);
  }

  #lost(socket: WebSocket): void {
    if (this.#stopped || socket !== this.#socket) return;
    this.#socket = null;
    this.#set({ phase: 'polling' });
    this.#listener.lost();
    window.clearTimeout(this.#retry);
    // Jitter keeps all dashboards from reconnecting at the same moment.
    this.#retry = window.setTimeout(() => this.#open(), this.#pauseMs * (0.75 + Math.random() / 2));
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  #ping(): void {
    const socket = this.#socket;
    if (!socket) return;
    const heardAt = Math.max(this.state.get().heardAt, this.#openedAt);
    if (Date.now() - heardAt > SILENT_MS) {
      // Closing may wait for an answer that never arrives: count the socket as lost at once.
      socket.close();
      this.#lost(socket);
    } else if (socket.readyState === WebSocket.OPEN) socket.send('ping');
  }

  /** The network or the operator is back: reconnect without delay. */
  readonly #now = (): void => {
    if (this.#stopped || document.visibilityState === 'hidden') return;
    if (this.#socket) {
      this.#ping();
      return;
    }
    window.clearTimeout(this.#retry);
    this.#open();
  };

  #set(change: Partial<Connection>): void {
    this.state.setState((state) => ({ ...state, ...change }));
  }
}
