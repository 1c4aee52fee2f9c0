import { backoffMs } from "../backoff.js";
import { BackpackError, type ErrorCode } from "../errors.js";
import { Listeners } from "../listeners.js";
import type { Session } from "../session.js";
import type { Status, Stop, User } from "../types.js";
import type { Frame } from "./frame.js";

/** Something that uses the socket. */
export interface Participant {
  /** The socket is open and signed in. `resumed` is false when the identity has changed since it was last open. */
  opened(resumed: boolean): void;
  heard(frame: Frame): void;
  /** The connection is gone; `opened` tells when there is one again. */
  lost(): void;
  /** The socket will not come back by itself. */
  failed(error: BackpackError): void;
}

export type WebSocketMaker = new (url: string, protocols: string[]) => WebSocket;

const PROTOCOL = "backpack.v1";
const QUIET_MS = 30_000;
const ANSWER_MS = 10_000;
const LINGER_MS = 3000;
/** A connection that lasted less counts as one more failed attempt: an overloaded server also accepts, and closes. */
const STABLE_MS = 5000;
/** Close codes after which coming back would only end the same way. */
const FINAL = new Set([4400, 4403]);
const SIGN_IN = 4401;
const REASONS: Record<number, [ErrorCode, string]> = {
  4401: ["session_invalid", "Is the API key one of this tenant?"],
  4403: ["tenant_not_found", "The backend is gone or does not accept this page."],
};

/** The one connection of a client: opened when it is needed, kept alive, reopened when it is lost. */
export class Socket {
  status: Status = "offline";
  private web: WebSocket | null = null;
  private ready = false;
  private readySince = 0;
  private attempts = 0;
  /** The id of the user whom the server last greeted; undefined before the first time. */
  private identity: string | null | undefined;
  private token: string | null = null;
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private readonly participants = new Set<Participant>();
  private readonly listeners = new Listeners<Status>();

  constructor(
    private readonly url: string,
    private readonly session: Session,
    private readonly WebSocket: WebSocketMaker,
  ) {
    session.onChange((user) => this.userChanged(user));
    if (typeof addEventListener === "undefined") return;
    addEventListener("online", () => this.wake());
    // A worker has no document.
    globalThis.document?.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.wake();
    });
  }

  /** Use the socket until `leave`. */
  enter(participant: Participant): void {
    this.participants.add(participant);
    if (this.web) clearTimeout(this.timer);
    if (this.ready) participant.opened(true);
    else this.hurry();
  }

  leave(participant: Participant): void {
    if (!this.participants.delete(participant) || this.participants.size) return;
    clearTimeout(this.timer);
    // Somebody who leaves one page for the next comes back at once.
    this.timer = setTimeout(() => this.close("offline"), LINGER_MS);
  }

  /** Send now; false when there is no connection (`opened` tells when there is). */
  send(frame: Frame): boolean {
    if (this.ready) this.web?.send(JSON.stringify(frame));
    return this.ready;
  }

  onStatus(listener: (status: Status) => void): Stop {
    const stop = this.listeners.add(listener);
    listener(this.status);
    return stop;
  }

  /** The machine was asleep or without a network: whether the connection has survived is not known. */
  private wake(): void {
    if (this.ready) this.probe();
    else this.hurry();
  }

  private hurry(): void {
    if (!this.participants.size || this.web) return;
    clearTimeout(this.timer);
    this.open();
  }

  private reopen(): void {
    this.close("connecting");
    this.hurry();
  }

  private userChanged(user: User | null): void {
    // While it is still connecting, `opened` finds out.
    if (this.ready && (user?.id ?? null) !== this.identity) this.reopen();
  }

  private open(): void {
    this.setStatus("connecting");
    this.generation = this.session.generation;
    this.token = null;
    const web = new this.WebSocket(this.url, [PROTOCOL]);
    this.web = web;
    this.probe();
    web.onmessage = (event: MessageEvent) => {
      if (this.web === web) this.receive(JSON.parse(String(event.data)) as Frame);
    };
    web.onclose = (event: CloseEvent) => {
      if (this.web === web) this.lost(event.code, event.reason);
    };
    // `close` follows. Without a listener the package ws takes Node down with it.
    web.onerror = () => {};
  }

  private close(status: Status): void {
    const { web } = this;
    this.web = null;
    this.ready = false;
    clearTimeout(this.quiet);
    web?.close();
    this.each((participant) => participant.lost());
    this.setStatus(status);
  }

  private receive(frame: Frame): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.probe(), QUIET_MS);
    if (frame.type === "hello") this.greeted(frame);
    else if (frame.type === "authenticated") this.opened(frame);
    else this.each((participant) => participant.heard(frame));
  }

  private greeted(hello: Frame): void {
    this.token = this.session.token();
    if (this.token === null) this.opened(hello);
    else this.web?.send(JSON.stringify({ type: "auth", token: this.token }));
  }

  private opened(frame: Frame): void {
    if (this.generation !== this.session.generation) return this.reopen();
    const identity = (frame["user"] as { id: string } | null)?.id ?? null;
    const resumed = this.identity === identity;
    this.identity = identity;
    this.ready = true;
    this.readySince = Date.now();
    this.each((participant) => participant.opened(resumed));
    // Not earlier: whoever subscribes when told so must not be opened a second time.
    this.setStatus("live");
    const { user } = this.session;
    if (user && user.id !== identity) this.session.recheck();
  }

  private lost(code: number, reason: string): void {
    if (this.ready && Date.now() - this.readySince > STABLE_MS) this.attempts = 0;
    this.close("connecting");
    if (code === SIGN_IN) this.session.ended(this.token);
    // An API key that is refused once is refused always.
    if (FINAL.has(code) || (code === SIGN_IN && this.session.apiKey !== null)) {
      this.setStatus("offline");
      const error = closedError(code, reason);
      this.each((participant) => participant.failed(error));
    } else if (!this.participants.size) this.setStatus("offline");
    else if (!this.web) this.timer = setTimeout(() => this.hurry(), backoffMs(this.attempts++));
  }

  /** Give the connection up when nothing arrives soon: some die without saying so. */
  private probe(): void {
    this.send({ type: "ping" });
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.lost(1006, ""), ANSWER_MS);
  }

  /** What one of them does may end another. */
  private each(call: (participant: Participant) => void): void {
    for (const participant of [...this.participants]) if (this.participants.has(participant)) call(participant);
  }

  private setStatus(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    this.listeners.tell(status);
  }
}

function closedError(code: number, reason: string): BackpackError {
  const [name, hint] = REASONS[code] ?? ["invalid_request", "This SDK may be older than the server."];
  const detail = reason || `The server closed the connection with ${code}.`;
  return new BackpackError({ status: 0, code: name, title: "The realtime connection was closed", detail, hint });
}
