/** The WebSocket of the live view: opens it, notices when it is gone, comes back with growing pauses. */

/** Asked this often whether the other side is still there; the Directory lets go who is silent for two minutes. */
const PING_MS = 2_000;
/** Without a word for this long the connection is taken for dead, whatever the browser says. */
const SILENT_MS = 8_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** `live`: the WebSocket tells · `polling`: it is away and figures are asked for · `connecting`: the first try. */
export type Phase = 'connecting' | 'live' | 'polling';

/** How the figures come, and when something was last heard (epoch ms of this browser; 0: never). */
export interface Connection {
  readonly phase: Phase;
  readonly heardAt: number;
}

/** What the connection tells its owner. */
export interface Listener {
  /** A JSON message of the live view. */
  message(text: string): void;
  /** The WebSocket has opened; what was missed meanwhile must be asked for. */
  opened(): void;
  /** It did not open or has gone; the owner may find out whether the session has. */
  lost(): void;
}

/** One connection for the whole dashboard. `subscribe` and `snapshot` are made for React's useSyncExternalStore. */
export class LiveConnection {
  readonly #listener: Listener;
  readonly #watchers = new Set<() => void>();
  #state: Connection = { phase: 'connecting', heardAt: 0 };
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

  /** Something was heard by other means: the figures on the page are of now. */
  heard(): void {
    this.#set({ ...this.#state, heardAt: Date.now() });
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly snapshot = (): Connection => this.#state;

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
      // Told first: what shows the connection is then drawn together with what the message changes.
      if (data !== 'pong') this.#listener.message(data);
      this.#set({ phase: 'live', heardAt: Date.now() });
    };
    socket.onclose = () => this.#lost(socket);
  }

  #lost(socket: WebSocket): void {
    if (this.#stopped || socket !== this.#socket) return;
    this.#socket = null;
    this.#set({ ...this.#state, phase: 'polling' });
    this.#listener.lost();
    window.clearTimeout(this.#retry);
    // A little chance keeps all dashboards from coming back in one instant.
    this.#retry = window.setTimeout(() => this.#open(), this.#pauseMs * (0.75 + Math.random() / 2));
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  #ping(): void {
    const socket = this.#socket;
    if (!socket) return;
    const heardAt = Math.max(this.#state.heardAt, this.#openedAt);
    if (Date.now() - heardAt > SILENT_MS) {
      // Closing may wait for an answer that never comes: it counts as gone at once.
      socket.close();
      this.#lost(socket);
    } else if (socket.readyState === WebSocket.OPEN) socket.send('ping');
  }

  /** The network or the operator is back: no pause now. */
  readonly #now = (): void => {
    if (this.#stopped || document.visibilityState === 'hidden') return;
    if (this.#socket) {
      this.#ping();
      return;
    }
    window.clearTimeout(this.#retry);
    this.#open();
  };

  #set(state: Connection): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
